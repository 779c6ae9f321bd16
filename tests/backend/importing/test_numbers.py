"""The notation of numbers in imported files."""

from collections.abc import Iterable

import pytest

from backend.importing.errors import UnreadableFile
from backend.importing.numbers import COMMA, EITHER, POINT, decimal_mark, plain, shown_mark


@pytest.mark.parametrize(
    ("text", "mark", "number"),
    [
        ("12.50", POINT, "12.50"),
        ("12,50", COMMA, "12.50"),
        ("1,234.50", POINT, "1234.50"),
        ("1.234,50", COMMA, "1234.50"),
        ("1 234,50", COMMA, "1234.50"),
        ("1\u202f234\u202f567,50", COMMA, "1234567.50"),
        ("1'234.50", POINT, "1234.50"),
        ("1,23,456.78", POINT, "123456.78"),
        ("1,234", POINT, "1234"),
        ("1,234", COMMA, "1.234"),
        ("€ 12,50", COMMA, "12.50"),
        ("12,50 €", COMMA, "12.50"),
        ("12.50 EUR", POINT, "12.50"),
    ],
)
def test_numbers_with_grouped_digits_and_a_currency_sign_are_parsed(
    text: str, mark: str, number: str
) -> None:
    assert plain(text, mark=mark, currency="EUR") == number


@pytest.mark.parametrize(
    "text",
    [
        "12,50",
        "1,2345",
        "12,34,56",
        "1,234,56",
        "$12.50",
        "12.50 USD",
        "€ 12.50 €",
        "-5",
        "1e3",
        "1_000",
        "five",
        "",
    ],
)
def test_text_that_is_not_a_number_with_this_mark_and_currency_is_refused(text: str) -> None:
    assert plain(text, mark=POINT, currency="EUR") == ""
    assert plain("12.50", mark=COMMA, currency="EUR") == ""


@pytest.mark.parametrize(("currency", "number"), [("USD", "12"), ("CAD", "12"), ("EUR", "")])
def test_a_currency_sign_must_match_the_currency(currency: str, number: str) -> None:
    assert plain("$12", mark=POINT, currency=currency) == number


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("12,5", COMMA),
        ("1234,567", COMMA),
        ("0,125", COMMA),
        ("1.234,5", COMMA),
        ("1.234.567", COMMA),
        ("12.50", POINT),
        ("1,234.5", POINT),
        ("1,234", EITHER),
        ("1.234", EITHER),
        ("€ 1.234", EITHER),
        ("12", ""),
        ("", ""),
        ("1.2,3.4", ""),
        ("31.12.2024", ""),
        ("1.2.3", ""),
        ("1 234", ""),
        ("1,23,456", POINT),
    ],
)
def test_the_decimal_mark_of_an_unambiguous_number_is_found(text: str, mark: str) -> None:
    assert shown_mark(text) == mark


def cells(*texts: str) -> Iterable[tuple[int, str, str]]:
    return [(line, "price", text) for line, text in enumerate(texts, start=2)]


def test_one_unambiguous_number_determines_the_decimal_mark_of_the_file() -> None:
    assert decimal_mark(cells("1.234", "5", "12,5"), path="a.csv") == COMMA
    assert decimal_mark(cells("1.234", "12.5"), path="a.csv") == POINT
    assert decimal_mark(cells("5"), path="a.csv") == POINT


@pytest.mark.parametrize(
    ("texts", "complaint"),
    [
        (("5", "1,234"), "line 3 has the price 1,234, which is ambiguous"),
        (("12.5", "12,5"), "line 2 has the price 12.5, but line 3 has the price 12,5"),
    ],
)
def test_a_file_with_an_ambiguous_decimal_mark_is_refused_with_the_option_to_use(
    texts: tuple[str, ...], complaint: str
) -> None:
    with pytest.raises(UnreadableFile, match="--decimal") as caught:
        decimal_mark(cells(*texts), path="a.csv")
    assert complaint in str(caught.value)
