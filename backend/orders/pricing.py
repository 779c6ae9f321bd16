"""Computes an order's amounts: lines, shipping and tax, each rounded once in the order's currency."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings

from backend.api import money


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """An amount as the customer sees it, the tax on it or in it, and the amount without tax."""

    amount: Decimal
    tax_rate: Decimal
    tax_amount: Decimal
    net_amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """An order's amounts in its currency; the lines are in the order in which they were given."""

    lines: Sequence[Taxed]
    shipping: Taxed
    prices_include_tax: bool

    @property
    def subtotal(self) -> Decimal:
        """The sum of the lines."""
        return sum((line.amount for line in self.lines), Decimal(0))

    @property
    def shipping_cost(self) -> Decimal:
        """The cost of shipping."""
        return self.shipping.amount

    @property
    def tax_amount(self) -> Decimal:
        """The tax on lines and shipping."""
        return sum((line.tax_amount for line in self.lines), self.shipping.tax_amount)

    @property
    def total_amount(self) -> Decimal:
        """The amount that the customer pays."""
        tax = Decimal(0) if self.prices_include_tax else self.tax_amount
        return self.subtotal + self.shipping_cost + tax


@dataclass(frozen=True, slots=True, kw_only=True)
class Tariff:
    """The shop's rates: a tax percentage for goods and shipping, and a flat shipping cost.

    The same numbers apply to orders in any currency. Shipping is free from a subtotal of
    `free_shipping_from`; None means never.
    """

    tax_percentage: Decimal
    prices_include_tax: bool = False
    shipping_cost: Decimal
    free_shipping_from: Decimal | None

    def totals(self, line_totals: Iterable[Decimal], *, currency: str) -> Totals:
        """Return the amounts of an order whose lines cost `line_totals`."""
        lines = [self._taxed(amount, currency=currency) for amount in line_totals]
        subtotal = sum((line.amount for line in lines), Decimal(0))
        free = self.free_shipping_from is not None and subtotal >= self.free_shipping_from
        shipping = Decimal(0) if free else money.rounded(self.shipping_cost, currency=currency)
        return Totals(
            lines=lines,
            shipping=self._taxed(shipping, currency=currency),
            prices_include_tax=self.prices_include_tax,
        )

    def _taxed(self, amount: Decimal, *, currency: str) -> Taxed:
        rate = self.tax_percentage
        base = 100 + rate if self.prices_include_tax else Decimal(100)
        tax = money.rounded(amount * rate / base, currency=currency)
        net = amount - tax if self.prices_include_tax else amount
        return Taxed(amount=amount, tax_rate=rate, tax_amount=tax, net_amount=net)


def tariff() -> Tariff:
    """Return the rates of this installation."""
    return Tariff(
        tax_percentage=settings.TAX_PERCENTAGE,
        prices_include_tax=settings.PRICES_INCLUDE_TAX,
        shipping_cost=settings.SHIPPING_COST,
        free_shipping_from=settings.FREE_SHIPPING_FROM,
    )


def share(total: Decimal, *, currency: str, of: int, before: int, units: int) -> Decimal:
    """Return the price of `units` of the `of` units whose price is `total`.

    `before` is the number of units in earlier shares; with it, the shares of all units add up to exactly
    `total`.
    """
    already = money.rounded(total * before / of, currency=currency)
    return money.rounded(total * (before + units) / of, currency=currency) - already
