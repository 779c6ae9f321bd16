"""Phone numbers, which identify users."""

import re

import phonenumbers
from django.conf import settings

from backend.accounts.errors import InvalidPhone
from backend.api.errors import InvalidInput

DIGITS = re.compile(r"[0-9]{8,15}")
DIALLING_PREFIXES = ("00", "011")
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


def phone_of(raw: str) -> str:
    """Return the phone that a request names, as it is stored.

    Raises:
        InvalidInput: it is not a phone number.
    """
    try:
        return normalise_phone(raw, region=settings.DEFAULT_PHONE_REGION)
    except InvalidPhone as error:
        raise InvalidInput(phone=[str(error)]) from error


def normalise_new_phone(raw: str, *, region: str) -> str:
    """Return the phone of a new account, as `normalise_phone` does.

    Raises:
        InvalidPhone: it isn't a phone number, or could be another country's number without the +. Otherwise
            `0049151…` would get a second account of `+49151…`.
    """
    phone = normalise_phone(raw, region=region)
    if not phone.startswith("+") and any(map(_is_possible, _international(phone))):
        raise InvalidPhone("Begin with + and the country code, such as +15550100003.")
    return phone


def _international(digits: str) -> list[str]:
    """Return the international numbers that the digits may stand for."""
    dialled = [digits.removeprefix(prefix) for prefix in DIALLING_PREFIXES if digits.startswith(prefix)]
    return [f"+{number}" for number in (digits, *dialled)]


def _is_possible(number: str) -> bool:
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return False
    reason = phonenumbers.is_possible_number_with_reason(parsed)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE)
