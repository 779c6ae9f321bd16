"""The amounts of an order: tax, shipping, and shares of lines."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.orders.numbers import ALPHABET, order_number
from backend.orders.pricing import Tariff, share

TARIFF = Tariff(
    tax_percentage=Decimal("8.875"), shipping_cost=Decimal("4.95"), free_shipping_from=Decimal("50.00")
)


def test_tax_is_on_goods_and_shipping_and_is_rounded_once() -> None:
    totals = TARIFF.totals([Decimal("19.99")], currency="USD")
    assert (totals.shipping_cost, totals.tax_amount) == (Decimal("4.95"), Decimal("2.21"))
    assert totals.total_amount == Decimal("27.15")


@pytest.mark.parametrize(
    ("currency", "shipping", "tax"),
    [("JPY", "5", "30"), ("USD", "4.95", "29.99"), ("KWD", "4.950", "29.993")],
)
def test_tax_and_shipping_are_rounded_in_the_currency_of_the_order(
    currency: str, shipping: str, tax: str
) -> None:
    tariff = Tariff(tax_percentage=Decimal("8.875"), shipping_cost=Decimal("4.95"), free_shipping_from=None)
    totals = tariff.totals([Decimal(333)], currency=currency)
    assert (str(totals.shipping_cost), str(totals.tax_amount)) == (shipping, tax)


def test_shipping_is_free_from_the_threshold() -> None:
    assert TARIFF.totals([Decimal("49.99")], currency="USD").shipping_cost == Decimal("4.95")
    assert TARIFF.totals([Decimal("50.00")], currency="USD").shipping_cost == 0


def test_a_shop_without_a_threshold_always_charges_shipping() -> None:
    tariff = Tariff(tax_percentage=Decimal(0), shipping_cost=Decimal(5), free_shipping_from=None)
    assert tariff.totals([Decimal(10_000)], currency="USD").total_amount == Decimal(10_005)


@given(
    total=st.decimals(min_value=0, max_value=100_000, places=2),
    parts=st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=12),
)
def test_the_shares_of_a_line_add_up_to_its_total(total: Decimal, parts: list[int]) -> None:
    of, before, allocated = sum(parts), 0, Decimal(0)
    for units in parts:
        part = share(total, currency="USD", of=of, before=before, units=units)
        assert part >= 0
        allocated, before = allocated + part, before + units
    assert allocated == total


def test_order_numbers_are_unique_and_use_unambiguous_characters() -> None:
    numbers = {order_number() for _ in range(2_000)}
    assert len(numbers) == 2_000
    assert {len(number) for number in numbers} == {14}
    assert {letter for number in numbers for letter in number} == set(ALPHABET) | {"-"}
