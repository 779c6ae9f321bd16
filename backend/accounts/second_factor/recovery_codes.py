"""Recovery codes, which replace the other second factors once each."""

import hashlib
import hmac
import secrets
from datetime import datetime

from backend.accounts.second_factor.models import RecoveryCode

COUNT = 10
LENGTH = 16
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32, without letters that look like others."""
_READ_AS = str.maketrans("OIL", "011")


def replace_codes(user_id: int, *, now: datetime) -> list[str]:
    """Replace the user's codes by new ones and return these; only hashes are stored.

    The caller holds the lock of the user.
    """
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(LENGTH)) for _ in range(COUNT)]
    RecoveryCode.objects.filter(user=user_id).delete()
    salts = [secrets.token_hex(16) for _ in codes]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user_id=user_id, salt=salt, code_hash=_hash_of(code, salt=salt), created_at=now)
        for code, salt in zip(codes, salts, strict=True)
    )
    return ["-".join(code[start : start + 4] for start in range(0, LENGTH, 4)) for code in codes]


def _hash_of(code: str, *, salt: str) -> str:
    return hashlib.sha256(f"{salt}:{code}".encode()).hexdigest()


def codes_left(user_id: int) -> int:
    """Return how many unused codes the user has."""
    return RecoveryCode.objects.filter(user=user_id, used_at=None).count()


def use_code(user_id: int, *, code: str, now: datetime) -> bool:
    """Return whether the user has this unused code, which is used up by that.

    The caller holds the lock of the user.
    """
    read = code.upper().translate(_READ_AS)
    unused = RecoveryCode.objects.filter(user=user_id, used_at=None)
    right = [row for row in unused if hmac.compare_digest(row.code_hash, _hash_of(read, salt=row.salt))]
    for row in right:
        row.used_at = now
        row.save(update_fields=["used_at"])
    return bool(right)
