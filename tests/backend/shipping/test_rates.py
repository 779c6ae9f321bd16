"""Which shipping methods are available, and what they cost."""

from decimal import Decimal
from typing import Any

import pytest
from pytest_django import Settings

from backend.addresses.validation import Destination
from backend.shipping.models import ShippingMethod
from backend.shipping.rates import Parcel, TableRates, rates

GERMANY = Destination("DE")


def method(code: str = "post", **fields: Any) -> ShippingMethod:
    values: dict[str, Any] = {"name": code.title(), "currency": "EUR", "price": Decimal("4.90"), **fields}
    return ShippingMethod(code=code, **values)


def prices(
    *methods: ShippingMethod, weight: int = 500, amount: str = "20.00", currency: str = "EUR"
) -> list[tuple[str, str]]:
    parcel = Parcel(weight_grams=weight, amount=Decimal(amount))
    quotes = TableRates(methods=methods).quotes(parcel, destination=GERMANY, currency=currency)
    return [(quote.code, str(quote.price)) for quote in quotes]


@pytest.mark.parametrize(
    ("fields", "available"),
    [
        ({}, True),
        ({"countries": ["AT", "DE"]}, True),
        ({"countries": ["AT"]}, False),
        ({"is_active": False}, False),
        ({"currency": "USD"}, False),
        ({"min_weight_grams": 500, "max_weight_grams": 500}, True),
        ({"min_weight_grams": 501}, False),
        ({"max_weight_grams": 499}, False),
        ({"min_amount": Decimal("20.00"), "max_amount": Decimal("20.00")}, True),
        ({"min_amount": Decimal("20.01")}, False),
        ({"max_amount": Decimal("19.99")}, False),
    ],
)
def test_a_method_is_available_within_its_conditions(fields: dict[str, Any], available: bool) -> None:
    assert bool(prices(method(**fields))) is available


@pytest.mark.parametrize(
    ("fields", "weight", "amount", "price"),
    [
        ({}, 0, "20.00", "4.90"),
        ({"price_per_kg": Decimal("1.50")}, 0, "20.00", "4.90"),
        ({"price_per_kg": Decimal("1.50")}, 1_250, "20.00", "6.78"),
        ({"free_from": Decimal("50.00")}, 0, "49.99", "4.90"),
        ({"free_from": Decimal("50.00"), "price_per_kg": Decimal("1.50")}, 9_000, "50.00", "0"),
    ],
)
def test_the_price_depends_on_weight_and_value(
    fields: dict[str, Any], weight: int, amount: str, price: str
) -> None:
    assert prices(method(**fields), weight=weight, amount=amount) == [("post", price)]


def test_the_cheapest_method_is_first() -> None:
    express, post, courier = method("express", price=Decimal("9.90")), method(), method("courier")
    assert [code for code, _ in prices(express, post, courier)] == ["courier", "post", "express"]


@pytest.mark.django_db
def test_without_any_method_the_settings_are_the_only_one(settings: Settings) -> None:
    settings.SHIPPING_COST, settings.FREE_SHIPPING_FROM = Decimal("4.95"), Decimal(50)
    small, large = (Parcel(weight_grams=0, amount=Decimal(amount)) for amount in (49, 50))
    found = [
        quote
        for parcel in (small, large)
        for quote in rates().quotes(parcel, destination=GERMANY, currency="JPY")
    ]
    assert [(quote.code, quote.price) for quote in found] == [
        ("standard", Decimal(5)),
        ("standard", Decimal(0)),
    ]
    method(is_active=False).save()
    assert rates().quotes(small, destination=GERMANY, currency="EUR") == []
