"""UUIDs of version 7 (RFC 9562): the time in milliseconds, then random bits."""

import secrets
from uuid import UUID


def uuid7(milliseconds: int) -> UUID:
    """Return a new id with this time since 1970."""
    random = secrets.randbits(74)
    return UUID(int=milliseconds << 80 | 7 << 76 | (random >> 62) << 64 | 2 << 62 | random & (2**62 - 1))


def milliseconds_of(event_id: str) -> int:
    """Return the time in the id, in milliseconds since 1970."""
    return UUID(event_id).int >> 80
