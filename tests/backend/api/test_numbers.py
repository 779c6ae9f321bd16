"""The format of numbers in text."""

import pytest

from backend.api.numbers import is_number

NOT_NUMBERS = [
    "1e3",
    "1E3",
    "1e-3",
    "1_000",
    "1,000",
    "1,5",
    "+5",
    " 5",
    "5 ",
    "5\n",
    ".5",
    "5.",
    "1.2.3",
    "0x10",
    "--1",
    "NaN",
    "Infinity",
    "-inf",
    "\uff15",
    "\u0665",
    "\u00b2",
    "\u00bd",
    "five",
    "9" * 21,
]


@pytest.mark.parametrize("text", ["", *NOT_NUMBERS])
def test_text_that_only_some_programs_parse_is_not_a_number(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize("text", ["0", "5", "007", "-3", "12.50", "-0.5", "9" * 20])
def test_digits_are_a_number(text: str) -> None:
    assert is_number(text)
