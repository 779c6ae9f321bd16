"""Codes of authenticator apps (TOTP, RFC 6238)."""

import re
import secrets
from base64 import b32encode
from datetime import datetime

import pyotp
import structlog
from django.conf import settings
from django.utils.crypto import salted_hmac
from pyotp.exceptions import OTPVerificationError

from backend.accounts.second_factor.models import TotpSecret

SECRET_BYTES = 20
ACCEPTED_DRIFT = 1
"""How many time steps of 30 seconds the clock of the app may be early or late."""
# Salts of the keyed hashes; changing one invalidates all enrolments.
_SECRET_SALT = "backend.accounts.second_factor.totp.secret"  # noqa: S105 - a salt
_FINGERPRINT_SALT = "backend.accounts.second_factor.totp.key"

_SIX_DIGITS = re.compile(r"[0-9]{6}")

logger = structlog.get_logger(__name__)


def new_secret(user_id: int, *, now: datetime) -> TotpSecret:
    """Return an unsaved row for another secret of the user."""
    return TotpSecret(
        user_id=user_id,
        nonce=secrets.token_hex(32),
        key_fingerprint=_fingerprint(settings.SECRET_KEY),
        created_at=now,
    )


def _fingerprint(key: str) -> str:
    return salted_hmac(_FINGERPRINT_SALT, "", secret=key, algorithm="sha256").hexdigest()[:16]


def generator_of(row: TotpSecret) -> pyotp.TOTP | None:
    """Return the generator of the app's codes; None if the signing key was replaced and isn't kept."""
    for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS):
        if _fingerprint(key) == row.key_fingerprint:
            value = f"{row.user_id}:{row.nonce}"
            digest = salted_hmac(_SECRET_SALT, value, secret=key, algorithm="sha256").digest()
            return pyotp.TOTP(b32encode(digest[:SECRET_BYTES]).decode())
    logger.error("totp_key_missing", user_id=row.user_id, remedy="add the old key to SECRET_KEY_FALLBACKS")
    return None


def accept(row: TotpSecret, *, code: str, now: datetime) -> bool:
    """Return whether the code is valid now and wasn't used before; if so, it can't be used again.

    The caller holds the lock of the user and saves `last_step`.
    """
    generator = generator_of(row)
    # pyotp reads digits of other scripts too.
    if generator is None or not _SIX_DIGITS.fullmatch(code):
        return False
    try:
        step = generator.verify_and_get_timecode(code, for_time=now, valid_window=ACCEPTED_DRIFT)
    except OTPVerificationError:
        return False
    if step <= row.last_step:
        return False
    row.last_step = step
    return True
