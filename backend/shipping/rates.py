"""What shipping a parcel costs: the protocol of rates, and the rates of the shop's table of methods.

docs/decisions/tax-and-shipping.md explains the conditions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from django.conf import settings

from backend.addresses.validation import Destination
from backend.api import money
from backend.catalog.models import STANDARD_TAX_CLASS
from backend.shipping.models import ShippingMethod

GRAMS_PER_KG = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """The goods of an order: their weight, and their price as the customer sees it."""

    weight_grams: int
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """What a shipping method costs for a parcel; the price includes tax if the shop's prices do."""

    code: str
    name: str
    price: Decimal
    tax_class: str


class ShippingRates(Protocol):
    """Knows which methods ship a parcel to a place, and what they cost."""

    def quotes(self, parcel: Parcel, *, destination: Destination, currency: str) -> list[Quote]:
        """Return a quote for each method that ships the parcel, the cheapest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FlatRate:
    """One method with one price for every destination, weight and currency."""

    price: Decimal
    free_from: Decimal | None
    code: str = "standard"
    name: str = "Standard"
    tax_class: str = STANDARD_TAX_CLASS

    def quotes(self, parcel: Parcel, *, destination: Destination, currency: str) -> list[Quote]:
        """Return the quote of the only method."""
        free = self.free_from is not None and parcel.amount >= self.free_from
        price = Decimal(0) if free else money.rounded(self.price, currency=currency)
        return [Quote(code=self.code, name=self.name, price=price, tax_class=self.tax_class)]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRates:
    """The shop's table of shipping methods."""

    methods: Sequence[ShippingMethod]

    def quotes(self, parcel: Parcel, *, destination: Destination, currency: str) -> list[Quote]:
        """Return a quote for each method that ships the parcel, the cheapest first."""
        found = [
            Quote(
                code=method.code,
                name=method.name,
                price=price_of(method, parcel=parcel),
                tax_class=method.tax_class,
            )
            for method in self.methods
            if ships(method, parcel=parcel, destination=destination, currency=currency)
        ]
        return sorted(found, key=lambda quote: (quote.price, quote.code))


def ships(method: ShippingMethod, *, parcel: Parcel, destination: Destination, currency: str) -> bool:
    """Return whether the method ships the parcel to that place; bounds of ranges are included."""
    return (
        method.is_active
        and method.currency == currency
        and (not method.countries or destination.country in method.countries)
        and method.min_weight_grams <= parcel.weight_grams
        and (method.max_weight_grams is None or parcel.weight_grams <= method.max_weight_grams)
        and method.min_amount <= parcel.amount
        and (method.max_amount is None or parcel.amount <= method.max_amount)
    )


def price_of(method: ShippingMethod, *, parcel: Parcel) -> Decimal:
    """Return the price of shipping the parcel, rounded once in the method's currency."""
    if method.free_from is not None and parcel.amount >= method.free_from:
        return Decimal(0)
    price = method.price + method.price_per_kg * parcel.weight_grams / GRAMS_PER_KG
    return money.rounded(price, currency=method.currency)


def rates() -> ShippingRates:
    """Return the rates of this shop: its methods (1 query), or without any the price in the settings."""
    methods = list(ShippingMethod.objects.all())
    if methods:
        return TableRates(methods=methods)
    return FlatRate(price=settings.SHIPPING_COST, free_from=settings.FREE_SHIPPING_FROM)
