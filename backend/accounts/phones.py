"""Phone numbers: what identifies a person here."""

import re

import phonenumbers

from backend.accounts.errors import InvalidPhone

DIGITS = re.compile(r"[0-9]{8,15}")
SEPARATORS = re.compile(r"[\s().\-/]")


def normalise_phone(raw: str, *, region: str) -> str:
    """Return `raw` as E.164 where it is a valid number of `region` or the world.

    Else, if it has 8 to 15 digits, what is left of it without separators: a leading + stays, and with it
    another number.

    Raises:
        InvalidPhone: it is neither.
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
