"""The hash of an entry, which does not depend on the database that stores it.

The two databases return JSON differently: PostgreSQL's jsonb orders keys in its own way, and returns 1e16 as
10000000000000000. So keys are sorted, and whole numbers are written as integers.
"""

import json
from datetime import UTC, datetime
from hashlib import sha256

from backend.audit.models import AuditEntry, Block


def hash_of_entry(entry: AuditEntry) -> bytes:
    """Return the SHA-256 hash of all columns of the entry, as it was read from the database."""
    return sha256(
        _written(
            [
                entry.pk,
                entry.xid,
                _time(entry.recorded_at),
                entry.user_id,
                entry.system_name,
                entry.action,
                entry.object_type,
                entry.object_id,
                entry.changes,
                entry.owner_id,
                entry.personal,
                entry.request_id,
            ]
        )
    ).digest()


def hash_of_block(block: Block) -> str:
    """Return the SHA-256 hash of the block's columns except `hash`, in hexadecimal."""
    return sha256(
        _written(
            [
                block.number,
                block.previous_hash,
                block.previous_newest_at and _time(block.previous_newest_at),
                block.first_possible_id,
                block.last_xid,
                block.last_id,
                block.highest_id,
                block.entries,
                _time(block.newest_at),
                _time(block.sealed_at),
                sha256(block.digests).hexdigest(),
            ]
        )
    ).hexdigest()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def _written(value: object) -> bytes:
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def _plain(value: object) -> object:
    match value:
        case float() if value.is_integer():
            return int(value)
        case list():
            return [_plain(one) for one in value]
        case dict():
            return {name: _plain(one) for name, one in value.items()}
        case _:
            return value
