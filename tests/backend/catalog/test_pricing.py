"""Prices of products and variants."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from backend.api.errors import InvalidInput
from backend.catalog.models import Product, Variant
from backend.catalog.pricing import reprice, sale_price

D = Decimal


@pytest.mark.parametrize(
    ("list_price", "discount", "currency", "expected"),
    [
        ("10.00", "0", "USD", "10.00"),
        ("7.50", "10", "USD", "6.75"),
        ("0.05", "50", "USD", "0.03"),
        ("99.99", "33", "USD", "66.99"),
        ("99.99", "100", "USD", "0.00"),
        ("333", "50", "JPY", "167"),
        ("1.005", "50", "KWD", "0.503"),
        ("1.0005", "50", "CLF", "0.5003"),
    ],
)
def test_a_sale_price_is_rounded_half_away_from_zero_in_its_currency(
    list_price: str, discount: str, currency: str, expected: str
) -> None:
    price = sale_price(D(list_price), discount_percentage=D(discount), currency=currency)
    assert str(price) == expected


def priced(
    *modifiers: str, price: str = "10.00", inactive: Sequence[int] = ()
) -> tuple[Product, list[Variant]]:
    product = Product(price=D(price), discount_percentage=D(10), currency="USD")
    variants = [
        Variant(product=product, price_modifier=D(modifier), is_active=index not in inactive)
        for index, modifier in enumerate(modifiers)
    ]
    reprice(product, variants)
    return product, variants


@pytest.mark.parametrize(
    ("inactive", "lowest"), [((), "6.75"), ((1,), "9.00"), ((0, 1), "11.25"), ((0, 1, 2), "6.75")]
)
def test_a_product_has_the_price_of_its_cheapest_active_variant(inactive: Sequence[int], lowest: str) -> None:
    product, variants = priced("0.00", "-2.50", "2.50", inactive=inactive)
    assert [str(variant.sale_price) for variant in variants] == ["9.00", "6.75", "11.25"]
    assert str(product.sale_price) == lowest


@pytest.mark.parametrize(("price", "modifier"), [("1.00", "-1.01"), ("9999999999.99", "0.01")])
def test_a_price_that_cannot_be_stored_is_refused(price: str, modifier: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        priced(modifier, price=price)
    assert list(refused.value.details) == ["price"]
