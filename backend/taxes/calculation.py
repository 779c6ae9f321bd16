"""The tax on amounts: the protocol of calculators, and the calculator for the shop's table of rates.

docs/decisions/tax-and-shipping.md says which rate applies.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.conf import settings

from backend.addresses.validation import Destination
from backend.api import money
from backend.catalog.models import STANDARD_TAX_CLASS
from backend.taxes.models import TaxRate

RateKey = tuple[str, str, str]
"""The country, the state or an empty string, and the tax class of a rate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxable:
    """An amount to tax, as the customer sees it: of an order line, or of shipping."""

    amount: Decimal
    tax_class: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LineTax:
    """The tax on an amount or in it, and the amount without tax; `rate` is in percent."""

    rate: Decimal
    tax: Decimal
    net: Decimal


class TaxCalculator(Protocol):
    """Computes taxes; `prices_include_tax` says whether amounts include them."""

    @property
    def prices_include_tax(self) -> bool:
        """Whether the amounts include the tax."""
        ...

    def taxes(self, lines: Sequence[Taxable], *, destination: Destination, currency: str) -> list[LineTax]:
        """Return the tax of each line, in their order, each rounded once in the currency."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TableCalculator:
    """Taxes by a table of rates; one rate for everything if there is no table."""

    rates: Mapping[RateKey, Decimal]
    rate_without_table: Decimal = Decimal(0)
    prices_include_tax: bool = False

    def taxes(self, lines: Sequence[Taxable], *, destination: Destination, currency: str) -> list[LineTax]:
        """Return the tax of each line, in their order, each rounded once in the currency."""
        return [self._tax(line, destination=destination, currency=currency) for line in lines]

    def rate(self, tax_class: str, *, destination: Destination) -> Decimal:
        """Return the rate of a tax class in percent.

        The rate of the state precedes that of the country, and a class without a rate of its own there has
        the standard one. A place without rates isn't taxed.
        """
        if not self.rates:
            return self.rate_without_table
        country, state = destination.country, destination.state
        keys: list[RateKey] = [
            (country, area, name) for name in (tax_class, STANDARD_TAX_CLASS) for area in (state, "")
        ]
        return next((self.rates[key] for key in keys if key in self.rates), Decimal(0))

    def _tax(self, line: Taxable, *, destination: Destination, currency: str) -> LineTax:
        rate = self.rate(line.tax_class, destination=destination)
        base = 100 + rate if self.prices_include_tax else Decimal(100)
        tax = money.rounded(line.amount * rate / base, currency=currency)
        return LineTax(rate=rate, tax=tax, net=line.amount - tax if self.prices_include_tax else line.amount)


def calculator() -> TaxCalculator:
    """Return the calculator of this shop, with the present rates (1 query)."""
    rows = TaxRate.objects.order_by().values_list("country", "state", "tax_class", "rate")
    return TableCalculator(
        rates={(country, state, tax_class): rate for country, state, tax_class, rate in rows},
        rate_without_table=settings.TAX_PERCENTAGE,
        prices_include_tax=settings.PRICES_INCLUDE_TAX,
    )
