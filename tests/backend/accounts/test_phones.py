"""Phone numbers are normalised, so that every notation of a number identifies the same user."""

import pytest

from backend.accounts.errors import InvalidPhone
from backend.accounts.phones import normalise_phone


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
