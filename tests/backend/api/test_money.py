"""The precision, rounding and format of amounts depend on the currency."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.api import money
from backend.api.errors import InvalidInput, UnknownCurrency

currencies = st.sampled_from(sorted(money.EXPONENTS))
amounts = st.decimals(min_value=-(10**9), max_value=10**9, places=6)


@pytest.mark.parametrize(
    ("currency", "amount", "written"),
    [
        ("JPY", "333", "333"),
        ("JPY", "166.5", "167"),
        ("JPY", "-166.5", "-167"),
        ("USD", "89", "89.00"),
        ("USD", "0.005", "0.01"),
        ("USD", "2.675", "2.68"),
        ("KWD", "1.5", "1.500"),
        ("KWD", "0.0005", "0.001"),
        ("CLF", "1.00005", "1.0001"),
        ("USD", "1E+3", "1000.00"),
    ],
)
def test_an_amount_is_written_with_the_decimal_places_of_its_currency(
    currency: str, amount: str, written: str
) -> None:
    assert money.written(Decimal(amount), currency=currency) == written


@given(amount=amounts, currency=currencies)
def test_rounding_gives_whole_minor_units_at_most_half_a_unit_away(amount: Decimal, currency: str) -> None:
    rounded = money.rounded(amount, currency=currency)
    assert money.is_precise(rounded, currency=currency)
    assert abs(rounded - amount) <= money.quantum(currency) / 2
    assert rounded.as_tuple().exponent == -money.exponent(currency)


@pytest.mark.parametrize("code", ["ZZZ", "usd", "US", "", "XXX", "XAU"])
def test_an_unknown_currency_is_refused(code: str) -> None:
    with pytest.raises(UnknownCurrency):
        money.written(Decimal(1), currency=code)


def test_an_amount_with_too_many_decimal_places_is_refused_with_the_allowed_number() -> None:
    money.require_precise("KWD", price=Decimal("1.505"), modifier=Decimal(0))
    with pytest.raises(InvalidInput) as refused:
        money.require_precise("JPY", price=Decimal("166.5"), modifier=Decimal("2.0"), other=Decimal("0.1"))
    assert refused.value.details == {
        "price": ["An amount in JPY has no decimal places."],
        "other": ["An amount in JPY has no decimal places."],
    }


@pytest.mark.parametrize("currency", ["JPY", "USD", "KWD", "CLF"])
def test_the_highest_amounts_can_be_stored_as_floats(currency: str) -> None:
    for highest in (money.highest_price(currency), money.highest_total(currency)):
        assert Decimal(repr(float(highest))) == highest
        assert money.is_precise(highest, currency=currency)


@given(
    cents=st.integers(0, 10**9),
    weights=st.lists(st.integers(0, 10**6), min_size=1, max_size=9).filter(any),
)
def test_parts_add_up_and_are_within_a_unit_of_their_exact_share(cents: int, weights: list[int]) -> None:
    amount, total = Decimal(cents) / 100, sum(weights)
    parts = money.allocate(amount, weights=[Decimal(weight) for weight in weights], currency="USD")
    assert sum(parts) == amount
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - amount * weight / total) < Decimal("0.01")


@pytest.mark.parametrize(
    ("amount", "weights", "currency", "parts"),
    [
        ("10.00", (1, 1, 1), "USD", ("3.34", "3.33", "3.33")),
        ("0.05", (3, 7), "USD", ("0.02", "0.03")),
        ("100", (1, 1, 1), "JPY", ("34", "33", "33")),
        ("0.03", ("0.01", "0.02"), "USD", ("0.01", "0.02")),
        ("1.00", (0, 5), "USD", ("0.00", "1.00")),
    ],
)
def test_an_amount_is_allocated_by_largest_remainders(
    amount: str, weights: tuple[object, ...], currency: str, parts: tuple[str, ...]
) -> None:
    found = money.allocate(Decimal(amount), weights=[Decimal(str(w)) for w in weights], currency=currency)
    assert [f"{part:f}" for part in found] == list(parts)


@pytest.mark.parametrize("weights", [(), (0, 0), (2, -1)])
def test_an_allocation_needs_weights(weights: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="weight"):
        money.allocate(Decimal(1), weights=[Decimal(weight) for weight in weights], currency="USD")
