"""Computes an order's amounts: lines, shipping and tax, each rounded once in the order's currency."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from backend.addresses.validation import Destination
from backend.api import money
from backend.catalog.models import STANDARD_TAX_CLASS
from backend.promotions.evaluation import Evaluation
from backend.promotions.explanation import ShippingReduction
from backend.shipping.errors import DestinationNotServed, ShippingMethodUnavailable
from backend.shipping.rates import Parcel, Quote, ShippingRates, rates
from backend.taxes.calculation import Taxable, TaxCalculator, calculator


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLine:
    """A line to price: what all its units cost and weigh, and their tax class."""

    amount: Decimal
    tax_class: str = STANDARD_TAX_CLASS
    weight_grams: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxed:
    """An amount as the customer sees it, the tax on it or in it, and the amount without tax."""

    amount: Decimal
    tax_class: str
    tax_rate: Decimal
    tax_amount: Decimal
    net_amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """An order's amounts in its currency; the lines are in the order in which they were given.

    `method` is the shipping method with its price, and `shipping` what is left of that after
    `shipping_reductions`.
    """

    lines: Sequence[Taxed]
    shipping: Taxed
    method: Quote
    currency: str
    prices_include_tax: bool
    shipping_reductions: Sequence[ShippingReduction] = ()

    @property
    def shipping_discount(self) -> Decimal:
        """What promotions take off shipping."""
        return sum((reduction.amount for reduction in self.shipping_reductions), Decimal(0))

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
    """What the shop adds to the prices of goods: taxes and shipping."""

    taxes: TaxCalculator
    shipping: ShippingRates

    def totals(
        self,
        lines: Sequence[PricedLine],
        *,
        destination: Destination,
        currency: str,
        method: str = "",
        evaluation: Evaluation | None = None,
    ) -> Totals:
        """Return the amounts of an order of these lines; without a `method`, by the cheapest one.

        The lines are reduced already; the `evaluation` says what promotions take off shipping.

        Raises:
            DestinationNotServed: no method ships the lines to the destination.
            ShippingMethodUnavailable: `method` doesn't.
        """
        offers = self.offers(lines, destination=destination, currency=currency, evaluation=evaluation)
        if not method:
            return offers[0]
        for totals in offers:
            if totals.method.code == method:
                return totals
        raise ShippingMethodUnavailable(
            shipping_method=method, available=[totals.method.code for totals in offers]
        )

    def offers(
        self,
        lines: Sequence[PricedLine],
        *,
        destination: Destination,
        currency: str,
        evaluation: Evaluation | None = None,
    ) -> list[Totals]:
        """Return the amounts with each shipping method, the one with the cheapest shipping first.

        Raises:
            DestinationNotServed: no method ships the lines to the destination.
        """
        parcel = _parcel_of(lines)
        quotes = self.shipping.quotes(parcel, destination=destination, currency=currency)
        if not quotes:
            raise DestinationNotServed(
                country=destination.country,
                currency=currency,
                weight_grams=parcel.weight_grams,
                subtotal=money.written(parcel.amount, currency=currency),
            )
        goods = [Taxable(amount=line.amount, tax_class=line.tax_class) for line in lines]
        reductions = [evaluation.shipping(quote.price) if evaluation else [] for quote in quotes]
        costs = [
            Taxable(amount=quote.price - _sum_of(off), tax_class=quote.tax_class)
            for quote, off in zip(quotes, reductions, strict=True)
        ]
        taxed = self._taxed([*goods, *costs], destination=destination, currency=currency)
        return [
            Totals(
                lines=taxed[: len(goods)],
                shipping=shipping,
                method=quote,
                currency=currency,
                prices_include_tax=self.taxes.prices_include_tax,
                shipping_reductions=off,
            )
            for quote, shipping, off in zip(quotes, taxed[len(goods) :], reductions, strict=True)
        ]

    def _taxed(self, amounts: Sequence[Taxable], *, destination: Destination, currency: str) -> list[Taxed]:
        taxes = self.taxes.taxes(amounts, destination=destination, currency=currency)
        return [
            Taxed(
                amount=taxable.amount,
                tax_class=taxable.tax_class,
                tax_rate=line.rate,
                tax_amount=line.tax,
                net_amount=line.net,
            )
            for taxable, line in zip(amounts, taxes, strict=True)
        ]


def _sum_of(reductions: Sequence[ShippingReduction]) -> Decimal:
    return sum((reduction.amount for reduction in reductions), Decimal(0))


def _parcel_of(lines: Sequence[PricedLine]) -> Parcel:
    return Parcel(
        weight_grams=sum(line.weight_grams for line in lines),
        amount=sum((line.amount for line in lines), Decimal(0)),
    )


def tariff() -> Tariff:
    """Return the taxes and shipping of this shop at present (2 queries)."""
    return Tariff(taxes=calculator(), shipping=rates())


def share(total: Decimal, *, currency: str, of: int, before: int, units: int) -> Decimal:
    """Return the price of `units` of the `of` units whose price is `total`.

    `before` is the number of units in earlier shares; with it, the shares of all units add up to exactly
    `total`.
    """
    already = money.rounded(total * before / of, currency=currency)
    return money.rounded(total * (before + units) / of, currency=currency) - already
