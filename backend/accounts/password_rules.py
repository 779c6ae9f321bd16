"""What a new password may be (NIST SP 800-63B, 5.1.1.2), as validators for AUTH_PASSWORD_VALIDATORS.

There are no rules about which kinds of characters a password has. Existing passwords are not checked.
"""

import re
import unicodedata

import phonenumbers
from django.conf import settings
from django.core.exceptions import ValidationError

from backend.accounts.models import User
from backend.api.text import is_visible

_SEQUENCES = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiop", "qwertyuiopasdfghjklzxcvbnm")
_FEWEST_CHARACTERS = 4
_REPETITION = re.compile(r"(.+?)\1+", re.DOTALL)


class PredictablePasswordValidator:
    """Refuses blank, repetitive and sequential passwords, because no list contains those of every length."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError if the password is one of these."""
        folded = password.casefold()
        if not is_visible(password):
            raise ValidationError("This password is blank.", code="password_blank")
        if len(set(folded)) < _FEWEST_CHARACTERS or _REPETITION.fullmatch(folded):
            raise ValidationError("This password repeats the same characters.", code="password_repetitive")
        if _is_sequence(folded):
            raise ValidationError("This password is a sequence of characters.", code="password_sequential")

    def get_help_text(self) -> str:
        """Return the rule."""
        return "Your password must not be blank, a repetition or a sequence of characters."


def _is_sequence(text: str) -> bool:
    # After its last character, a sequence may continue with its first.
    repeated = [sequence * (len(text) // len(sequence) + 2) for sequence in _SEQUENCES]
    return any(text in each or text in each[::-1] for each in repeated)


class PhonePasswordValidator:
    """Refuses passwords that contain the account's phone number, in any notation."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError if the password contains the phone's digits, without the country code."""
        phone = getattr(user, "phone", None)
        if phone and _national_digits(phone) in _digits(password):
            raise ValidationError("This password contains your phone number.", code="password_has_phone")

    def get_help_text(self) -> str:
        """Return the rule."""
        return "Your password must not contain your phone number."


def _digits(text: str) -> str:
    """Return the digits of the text in ASCII, without the characters between them."""
    return "".join(
        str(unicodedata.decimal(each)) for each in text if unicodedata.decimal(each, None) is not None
    )


def _national_digits(phone: str) -> str:
    try:
        number = phonenumbers.parse(phone, settings.DEFAULT_PHONE_REGION)
    except phonenumbers.NumberParseException:
        return _digits(phone)
    return str(number.national_number)
