"""Codes of six digits that are sent to a phone or an e-mail address."""

import hmac
from datetime import datetime

from django.utils.crypto import salted_hmac

from backend.accounts.models import EmailVerification, OneTimePassword

DIGITS = 6


def digits_of(nonce: str, *, salt: str) -> str:
    """Return the digits of a code, which are a keyed hash of the nonce."""
    digest = salted_hmac(salt, nonce, algorithm="sha256").digest()
    return f"{int.from_bytes(digest, 'big') % 10**DIGITS:0{DIGITS}}"


def attempt_code(
    row: EmailVerification | OneTimePassword, *, sent: str, code: str, most: int, now: datetime
) -> bool:
    """Count an attempt at the code that was sent, at most `most`; return whether it is right and still valid.

    The caller holds a lock on the row, and saves it.
    """
    is_open = row.used_at is None and row.expires_at > now and row.attempts < most
    # `most` is higher for known devices; an attempt with a lower one must not decrease the count.
    row.attempts = max(row.attempts, min(row.attempts + 1, most))
    return hmac.compare_digest(sent.encode(), code.encode()) and is_open
