"""Hashes of personal values under a key of the user, which can be erased although entries can't.

While the key exists, the log shows which values were equal, but not the values. A stored hash is masked with
another hash of a random nonce under the same key. So once the key is deleted, the stored values are random
bytes, which don't even show which of them were equal.
"""

import hmac
import json
import secrets
from collections.abc import Iterable, Mapping
from hashlib import sha256

from django.core.serializers.json import DjangoJSONEncoder

from backend.audit.models import AuditEntry, PersonalKey

KEY_BYTES, NONCE_BYTES, TAG_BYTES = 32, 16, 16
SHOWN_DIGITS = 12
EMPTY, ERASED = "empty", "erased"

Stored = dict[str, list[str]]
"""{field: [old, new]}, each the nonce and the masked hash in hexadecimal."""


def masked(values: Mapping[str, tuple[object, object]], *, owner_id: int) -> Stored:
    """Return the hashes of (old, new) by field, as they are stored; make the user's key on its first use."""
    key = _key_of(owner_id)
    return {name: [_masked(key, name, value) for value in pair] for name, pair in values.items()}


def fingerprints(entries: Iterable[AuditEntry]) -> dict[int, dict[str, list[str]]]:
    """Return {field: [old, new]} of each entry with personal values, by id, as they may be shown.

    Equal values of one field and user have the same fingerprint. A value is EMPTY if it was empty, and ERASED
    if the user's key was deleted.
    """
    with_values = [entry for entry in entries if entry.personal]
    owners = {entry.owner_id for entry in with_values if entry.owner_id is not None}
    keys = dict(PersonalKey.objects.filter(user_id__in=owners).values_list("user_id", "key"))
    return {
        entry.pk: {
            name: [_shown(keys.get(entry.owner_id or 0), name, stored) for stored in pair]
            for name, pair in (entry.personal or {}).items()
        }
        for entry in with_values
    }


def _key_of(owner_id: int) -> bytes:
    found = PersonalKey.objects.filter(user_id=owner_id).values_list("key", flat=True)
    if (key := found.first()) is None:
        # If another transaction stores a key at the same time, this waits for it and reads its key.
        row = PersonalKey(user_id=owner_id, key=secrets.token_bytes(KEY_BYTES))
        PersonalKey.objects.bulk_create([row], ignore_conflicts=True)
        key = found.get()
    return bytes(key)


def _tag(key: bytes, name: str, value: object) -> bytes:
    written = json.dumps([name, value or None], cls=DjangoJSONEncoder, sort_keys=True)
    return hmac.digest(key, b"value" + written.encode(), sha256)[:TAG_BYTES]


def _xor_mask(key: bytes, nonce: bytes, tag: bytes) -> bytes:
    mask = hmac.digest(key, b"mask" + nonce, sha256)
    return bytes(one ^ other for one, other in zip(tag, mask, strict=False))


def _masked(key: bytes, name: str, value: object) -> str:
    nonce = secrets.token_bytes(NONCE_BYTES)
    return (nonce + _xor_mask(key, nonce, _tag(key, name, value))).hex()


def _shown(key: bytes | memoryview | None, name: str, stored: str) -> str:
    if key is None:
        return ERASED
    data, key = bytes.fromhex(stored), bytes(key)
    tag = _xor_mask(key, data[:NONCE_BYTES], data[NONCE_BYTES:])
    return EMPTY if hmac.compare_digest(tag, _tag(key, name, None)) else tag.hex()[:SHOWN_DIGITS]
