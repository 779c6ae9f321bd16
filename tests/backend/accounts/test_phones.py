"""Phone numbers are normalised, so that every notation of a number identifies the same user."""

import pytest

from backend.accounts.errors import InvalidPhone
from backend.accounts.phones import normalise_new_phone, normalise_phone


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("+1 650 253 0000", "+16502530000"),
        ("(650) 253-0000", "+16502530000"),
        ("6502530000", "+16502530000"),
        ("+41 44 668 18 00", "+41446681800"),
        ("1234567890", "1234567890"),
        ("+15550100003", "+15550100003"),
        ("12345678", "12345678"),
    ],
)
def test_valid_numbers_become_e164_and_others_keep_their_digits(raw: str, normal: str) -> None:
    assert normalise_phone(raw, region="US") == normal


@pytest.mark.parametrize("raw", ["", "1234567", "1" * 16, "lamp", "12345678x", "+", "٣٤٥٦٧٨٩٠١"])
def test_text_that_is_not_a_phone_number_is_refused(raw: str) -> None:
    with pytest.raises(InvalidPhone, match="8 to 15 digits"):
        normalise_phone(raw, region="US")


def test_normalising_is_idempotent() -> None:
    for raw in ("(650) 253-0000", "1234567890"):
        once = normalise_phone(raw, region="US")
        assert normalise_phone(once, region="US") == once


@pytest.mark.parametrize(
    "raw",
    [
        "004915112345678",
        "011 4915112",
        "4915112345678",
        "0044 7911 123456",
        "15550100003",
        "0015550100003",
    ],
)
def test_a_new_phone_that_could_be_another_countrys_number_needs_a_plus(raw: str) -> None:
    with pytest.raises(InvalidPhone, match=r"Begin with \+"):
        normalise_new_phone(raw, region="US")


@pytest.mark.parametrize(
    ("raw", "region", "normal"),
    [
        ("+4915112345678", "US", "+4915112345678"),
        ("(650) 253-0000", "US", "+16502530000"),
        ("1 650 253 0000", "US", "+16502530000"),
        ("01149 15112345678", "US", "+4915112345678"),
        ("0151 12345678", "DE", "+4915112345678"),
        ("0049 151 12345678", "DE", "+4915112345678"),
        ("+15550100003", "US", "+15550100003"),
        ("1234567890", "US", "1234567890"),
    ],
)
def test_a_new_phone_is_normalised(raw: str, region: str, normal: str) -> None:
    assert normalise_new_phone(raw, region=region) == normal
