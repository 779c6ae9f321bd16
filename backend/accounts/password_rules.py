"""What a new password may be (NIST SP 800-63B, 5.1.1.2), as validators for AUTH_PASSWORD_VALIDATORS.

Besides common passwords (Django's list of 20,000, of which 190 have 12 characters), their variations are
refused. zxcvbn would refuse more, but also the passwords of the original requirements, and passphrases of a
few common words, which NIST recommends. There are no rules about which kinds of characters a password has.
An existing password is checked at login, against the list only.
"""

import re
import unicodedata
from collections import ChainMap
from functools import cache

import phonenumbers
from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

from backend.accounts.models import User
from backend.accounts.password_patterns import SHORTEST_WORD, is_predictable
from backend.api.text import is_visible

_FEWEST_CHARACTERS = 4
# The original requirements reset a password to newpassword123.
_ACCEPTED_WITH_PADDING = frozenset({"newpasswor", "newpassword"})
SOFTWARE = "vitrine"
_REPETITION = re.compile(r"(.+?)\1+", re.DOTALL)


def is_common(password: str) -> bool:
    """Return whether the password is in the list of common passwords."""
    return password.casefold().strip() in _listed_passwords()


@cache
def _listed_passwords() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


class PredictablePasswordValidator:
    """Refuses blank and repetitive passwords, patterns, and variations of common passwords and names."""

    def validate(self, password: str, user: User | None = None) -> None:
        """Raise ValidationError if the password is one of these."""
        folded = password.casefold()
        if not is_visible(password):
            raise ValidationError("This password is blank.", code="password_blank")
        if len(set(folded)) < _FEWEST_CHARACTERS or _REPETITION.fullmatch(folded):
            raise ValidationError("This password repeats the same characters.", code="password_repetitive")
        if is_predictable(password, words=ChainMap(_common_passwords(), _context_words(user))):
            raise ValidationError(
                "This password is a sequence, or a variation of a common password or of a name.",
                code="password_predictable",
            )

    def get_help_text(self) -> str:
        """Return the rule."""
        return "Your password must not be blank, a pattern, or a variation of a common password or of a name."


@cache
def _common_passwords() -> dict[str, None]:
    return dict.fromkeys(_listed_passwords() - _ACCEPTED_WITH_PADDING)


def _context_words(user: User | None) -> dict[str, None]:
    """Return the words of the shop's name and of the user's names and e-mail address."""
    names = [getattr(user, name, "") or "" for name in ("first_name", "last_name", "email")]
    words = re.split(r"[\W_]+", " ".join([SOFTWARE, settings.SHOP_NAME, *names]).casefold())
    return dict.fromkeys(each for each in words if len(each) >= SHORTEST_WORD)


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
