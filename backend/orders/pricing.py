"""Computes an order's amounts: goods, shipping and tax, each rounded once in the order's currency."""

from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from backend.api import money


@dataclass(frozen=True, slots=True)
class Totals:
    """An order's amounts in its currency; `total_amount` is the sum of the others."""

    subtotal: Decimal
    tax_amount: Decimal
    shipping_cost: Decimal

    @property
    def total_amount(self) -> Decimal:
        """The amount that the customer pays."""
        return self.subtotal + self.tax_amount + self.shipping_cost


@dataclass(frozen=True, slots=True)
class Tariff:
    """The shop's rates: a tax percentage for goods and shipping, and a flat shipping cost.

    The same numbers apply to orders in any currency. Shipping is free from a subtotal of
    `free_shipping_from`; None means never.
    """

    tax_percentage: Decimal
    shipping_cost: Decimal
    free_shipping_from: Decimal | None

    def totals(self, subtotal: Decimal, *, currency: str) -> Totals:
        """Return the amounts of an order with this subtotal."""
        free = self.free_shipping_from is not None and subtotal >= self.free_shipping_from
        shipping = Decimal(0) if free else money.rounded(self.shipping_cost, currency=currency)
        tax = money.rounded((subtotal + shipping) * self.tax_percentage / 100, currency=currency)
        return Totals(subtotal=subtotal, tax_amount=tax, shipping_cost=shipping)


def tariff() -> Tariff:
    """Return the rates of this installation."""
    return Tariff(
        tax_percentage=settings.TAX_PERCENTAGE,
        shipping_cost=settings.SHIPPING_COST,
        free_shipping_from=settings.FREE_SHIPPING_FROM,
    )


def share(total: Decimal, *, currency: str, of: int, before: int, units: int) -> Decimal:
    """Return the share of `units` units in `total`, the price of `of` units.

    `before` is the number of units in earlier shares. The shares of a line always add up to exactly its
    total.
    """
    already = money.rounded(total * before / of, currency=currency)
    return money.rounded(total * (before + units) / of, currency=currency) - already
