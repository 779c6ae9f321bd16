"""Phone numbers, which identify users."""

import re

import phonenumbers

from backend.accounts.errors import InvalidPhone

DIGITS = re.compile(r"[0-9]{8,15}")
SEPARATORS = re.compile(r"[\s().\-/]")


def normalise_phone(raw: str, *, region: str) -> str:
    """Return `raw` in E.164 if it is a valid phone number, nationally in `region` or internationally.

    Otherwise return it without separators, if it then has 8 to 15 digits. A leading + is kept and makes a
    different number.

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
