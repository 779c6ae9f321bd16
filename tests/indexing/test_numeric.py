"""Which values of an attribute are numbers, and in which unit they are shown."""

from decimal import Decimal

import pytest

from indexing.numeric import NumericAttribute, number_in, numeric_attributes


@pytest.mark.parametrize(
    ("text", "unit", "number"),
    [
        ("0.5 kg", "kg", "0.5"),
        ("500g", "kg", "0.5"),
        ("1,500 g", "kg", "1.5"),
        ("3", "kg", "3"),
        ("-5", "", "-5"),
        ("\u22122.5", "", "-2.5"),
        ('15.6"', "inch", "15.6"),
        ("2 1/2 in.", "inch", "2.5"),
        ("1 ft", "inch", "12"),
        ("1/3 kg", "g", "333.333"),
        ("0", "", "0"),
        ("007", "", "7"),
        ("about 5 kg", "kg", None),
        ("5 in. x 3 in.", "inch", None),
        ("5 \u00b0c", "", None),
        ("5 kg", "", None),
        ("5 litres", "kg", None),
        ("5 kg or more", "kg", None),
        ("", "kg", None),
        ("-", "", None),
    ],
)
def test_a_value_is_a_number_if_nothing_else_is_in_it(text: str, unit: str, number: str | None) -> None:
    assert number_in(text, unit) == (None if number is None else Decimal(number))


def test_a_decimal_comma_is_that_of_the_language() -> None:
    assert number_in("1.500,5 g", "g", decimal_comma=True) == Decimal("1500.5")


def test_attributes_are_declared_with_their_units() -> None:
    assert numeric_attributes(" Weight:KG, screen size:in.,pieces, ratio: ") == (
        NumericAttribute("Weight", "kg"),
        NumericAttribute("screen size", "inch"),
        NumericAttribute("pieces"),
        NumericAttribute("ratio"),
    )
    for wrong in ("weight:stone", ":kg", ",".join(map(str, range(11)))):
        with pytest.raises(ValueError, match=wrong):
            numeric_attributes(wrong)
