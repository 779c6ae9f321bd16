"""Phone numbers, which identify users."""

import re

import phonenumbers

from backend.accounts.errors import InvalidPhone

DIGITS = re.compile(r"[0-9]{8,15}")
SEPARATORS = re.compile(r"[\s().\-/]")


def normalise_phone(raw: str, *, region: str) -> str:
    """Return `raw` in E.164 if it is a valid international number, or a valid national number in `region`.

    Otherwise return it without separators if it has 8 to 15 digits. A leading + is kept, so the same digits
    with and without it are different numbers.

    Raises:
        InvalidPhone: it is neither a valid number nor 8 to 15 digits.
    """
    try:
        number = phonenumbers.parse(raw, region)
    except phonenumbers.NumberParseException:
        number = None
    if number is not None and phonenumbers.is_valid_number(number):
        return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    plain = SEPARATORS.sub("", raw)
    if DIGITS.fullmatch(plain.removeprefix("+")):
        return plain
    raise InvalidPhone("Must be a phone number: with its country code (+15550100003), or 8 to 15 digits.")
