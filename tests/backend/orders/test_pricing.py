"""The amounts of an order: tax, shipping, and shares of lines."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.addresses.validation import Destination
from backend.api import money
from backend.orders.numbers import ALPHABET, order_number
from backend.orders.pricing import PricedLine, Tariff, Totals, share
from backend.shipping.errors import DestinationNotServed, ShippingMethodUnavailable
from backend.shipping.models import ShippingMethod
from backend.shipping.rates import FlatRate, ShippingRates, TableRates
from backend.taxes.calculation import RateKey, TableCalculator

NEW_YORK = Destination("US", "NY")
STANDARD = FlatRate(price=Decimal("4.95"), free_from=Decimal("50.00"))
ALWAYS = FlatRate(price=Decimal("4.95"), free_from=None)


def tariff_of(
    rate: str = "8.875",
    *,
    included: bool = False,
    shipping: ShippingRates = STANDARD,
    table: Mapping[RateKey, Decimal] | None = None,
) -> Tariff:
    taxes = TableCalculator(rates=table or {}, rate_without_table=Decimal(rate), prices_include_tax=included)
    return Tariff(taxes=taxes, shipping=shipping)


def totals_of(*amounts: str, currency: str = "USD", tariff: Tariff | None = None) -> Totals:
    lines = [PricedLine(amount=Decimal(amount)) for amount in amounts]
    return (tariff or tariff_of()).totals(lines, destination=NEW_YORK, currency=currency)


def test_tax_is_on_goods_and_shipping_and_is_rounded_once() -> None:
    totals = totals_of("19.99")
    assert (totals.shipping_cost, totals.tax_amount) == (Decimal("4.95"), Decimal("2.21"))
    assert totals.total_amount == Decimal("27.15")


def test_tax_inside_prices_does_not_change_the_total() -> None:
    totals = totals_of("119.00", tariff=tariff_of("19", included=True, shipping=ALWAYS))
    assert (totals.total_amount, totals.tax_amount) == (Decimal("123.95"), Decimal("19.79"))
    assert (totals.lines[0].net_amount, totals.shipping.net_amount) == (Decimal("100.00"), Decimal("4.16"))


@pytest.mark.parametrize(
    ("currency", "shipping", "tax"),
    [("JPY", "5", "30"), ("USD", "4.95", "29.99"), ("KWD", "4.950", "29.993")],
)
def test_tax_and_shipping_are_rounded_in_the_currency_of_the_order(
    currency: str, shipping: str, tax: str
) -> None:
    totals = totals_of("333", currency=currency, tariff=tariff_of(shipping=ALWAYS))
    assert (str(totals.shipping_cost), str(totals.tax_amount)) == (shipping, tax)


def test_shipping_is_free_from_the_threshold() -> None:
    assert [totals_of("49.99").shipping_cost, totals_of("50.00").shipping_cost] == [Decimal("4.95"), 0]


def test_a_shop_without_a_threshold_always_charges_shipping() -> None:
    assert totals_of("10000", tariff=tariff_of("0", shipping=ALWAYS)).total_amount == Decimal("10004.95")


def test_each_line_and_shipping_have_the_rate_of_their_tax_class() -> None:
    table = {("DE", "", "standard"): Decimal(19), ("DE", "", "books"): Decimal(7)}
    lines = [
        PricedLine(amount=Decimal("10.70"), tax_class="books"),
        PricedLine(amount=Decimal("11.90"), tax_class="standard"),
    ]
    tariff = tariff_of(included=True, shipping=FlatRate(price=Decimal("5.95"), free_from=None), table=table)
    totals = tariff.totals(lines, destination=Destination("DE"), currency="EUR")
    assert [(line.tax_rate, line.tax_amount) for line in totals.lines] == [
        (Decimal(7), Decimal("0.70")),
        (Decimal(19), Decimal("1.90")),
    ]
    assert totals.shipping.tax_amount == Decimal("0.95")


def method_of(code: str, price: str) -> ShippingMethod:
    return ShippingMethod(
        code=code, name=code.title(), currency="USD", countries=["US"], price=Decimal(price)
    )


def test_the_cheapest_method_is_the_default_and_another_can_be_chosen() -> None:
    shipping = TableRates(methods=[method_of("express", "9.90"), method_of("post", "4.90")])
    tariff, lines = tariff_of(shipping=shipping), [PricedLine(amount=Decimal(10))]
    chosen = [
        tariff.totals(lines, destination=NEW_YORK, currency="USD", method=method).method.code
        for method in ("", "express")
    ]
    assert chosen == ["post", "express"]
    with pytest.raises(ShippingMethodUnavailable) as caught:
        tariff.totals(lines, destination=NEW_YORK, currency="USD", method="drone")
    assert caught.value.details == {"shipping_method": "drone", "available": ["post", "express"]}


def test_a_destination_without_a_method_is_not_served() -> None:
    tariff = tariff_of(shipping=TableRates(methods=[method_of("post", "4.90")]))
    lines = [PricedLine(amount=Decimal(10), weight_grams=1_200)]
    with pytest.raises(DestinationNotServed) as caught:
        tariff.totals(lines, destination=Destination("DE"), currency="USD")
    assert caught.value.details == {
        "country": "DE",
        "currency": "USD",
        "weight_grams": 1_200,
        "subtotal": "10.00",
    }


def numbers(highest: int, *, places: int) -> st.SearchStrategy[Decimal]:
    """Return a strategy for numbers from 0, which is faster than `decimals`."""
    return st.integers(0, highest * 10**places).map(lambda whole: Decimal(whole).scaleb(-places))


amounts = numbers(100_000, places=4)
percentages = numbers(100, places=4)


@given(
    raw=st.lists(st.tuples(amounts, st.sampled_from(["standard", "books", "food"])), min_size=1, max_size=12),
    standard=percentages,
    books=percentages,
    shipping=amounts,
    included=st.booleans(),
    currency=st.sampled_from(["USD", "JPY", "KWD", "CLF"]),
)
def test_the_amounts_of_any_order_add_up(
    raw: Sequence[tuple[Decimal, str]],
    standard: Decimal,
    books: Decimal,
    shipping: Decimal,
    included: bool,
    currency: str,
) -> None:
    table = {("US", "", "standard"): standard, ("US", "NY", "books"): books}
    tariff = tariff_of(included=included, shipping=FlatRate(price=shipping, free_from=None), table=table)
    lines = [
        PricedLine(amount=money.rounded(amount, currency=currency), tax_class=name) for amount, name in raw
    ]
    totals = tariff.totals(lines, destination=NEW_YORK, currency=currency)
    parts = [*totals.lines, totals.shipping]
    assert [line.amount for line in totals.lines] == [line.amount for line in lines]
    assert totals.tax_amount == sum(part.tax_amount for part in parts)
    for part in parts:
        assert money.is_precise(part.tax_amount, currency=currency)
        assert 0 <= part.tax_amount <= part.amount
        assert part.net_amount == part.amount - (part.tax_amount if included else 0)
    net = sum(part.net_amount for part in parts)
    assert totals.total_amount == net + totals.tax_amount


@given(
    amount=numbers(100_000, places=2),
    rate=percentages,
    included=st.booleans(),
    parts=st.lists(st.integers(min_value=1, max_value=9), min_size=1, max_size=12),
)
def test_the_shares_of_a_line_add_up_to_its_price_its_tax_and_its_net(
    amount: Decimal, rate: Decimal, included: bool, parts: list[int]
) -> None:
    (line,) = totals_of(str(amount), tariff=tariff_of(str(rate), included=included)).lines
    for total in (line.amount, line.tax_amount, line.net_amount):
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
