"""The hash of an entry, which does not depend on the database that stores it.

The two databases return JSON differently: PostgreSQL's jsonb orders keys in its own way, and returns 1e16 as
10000000000000000. So keys are sorted, and whole numbers are written as integers.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from backend.audit.models import AuditEntry, Block

COLUMNS = (
    "id",
    "xid",
    "recorded_at",
    "user_id",
    "system_name",
    "action",
    "object_type",
    "object_id",
    "changes",
    "owner_id",
    "personal",
    "request_id",
)
"""The columns of an entry, in the order in which they are hashed."""
RECORDED_AT, _CHANGES, _PERSONAL = (COLUMNS.index(name) for name in ("recorded_at", "changes", "personal"))

# Made once, because json.dumps makes one for each call with these options.
_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False)


def hash_of_entry(entry: AuditEntry) -> bytes:
    """Return the SHA-256 hash of all columns of the entry, as it was read from the database."""
    return hash_of_columns([getattr(entry, name) for name in COLUMNS])


def hash_of_columns(values: Sequence[Any]) -> bytes:
    """Return the SHA-256 hash of an entry whose COLUMNS have these values."""
    written = list(values)
    written[RECORDED_AT] = _time(written[RECORDED_AT])
    for column in (_CHANGES, _PERSONAL):
        if written[column]:
            written[column] = _plain(written[column])
    return sha256(_ENCODER.encode(written).encode()).digest()


def hash_of_block(block: Block) -> str:
    """Return the SHA-256 hash of the block's columns except `hash`, in hexadecimal."""
    written = [
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
    return sha256(_ENCODER.encode(written).encode()).hexdigest()


def _time(moment: datetime) -> str:
    in_utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    return in_utc.isoformat(timespec="microseconds")


def _plain(value: Any) -> Any:
    """Return the value with whole numbers as integers."""
    # Compared by type, which is several times faster than patterns: values come from JSON.
    kind = type(value)
    if kind is dict:
        return {name: _plain(one) for name, one in value.items()}
    if kind is list:
        return [_plain(one) for one in value]
    return int(value) if kind is float and value.is_integer() else value
