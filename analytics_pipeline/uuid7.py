"""UUIDs of version 7 (RFC 9562): 48 bits of UNIX time in milliseconds, then random bits."""

import hashlib
from collections.abc import Iterable
from uuid import UUID

_TIME_SHIFT = 80
_VERSION_AND_VARIANT = 0xF << 76 | 0b11 << 62
_VERSION_7 = 0x7 << 76 | 0b10 << 62
_LAST_BITS = (1 << _TIME_SHIFT) - 1


def make(milliseconds: int, *, tail: bytes) -> UUID:
    """Return the UUIDv7 of this time with the other bits from the ten bytes of `tail`.

    The version and the variant replace six of those bits.
    """
    bits = int.from_bytes(tail) & ~_VERSION_AND_VARIANT & _LAST_BITS
    return UUID(int=milliseconds << _TIME_SHIFT | bits | _VERSION_7)


def derived(milliseconds: int, *, name: str) -> UUID:
    """Return the UUIDv7 of this time whose other bits are a hash of `name`, so that it is always the same."""
    return make(milliseconds, tail=hashlib.blake2b(name.encode(), digest_size=10).digest())


def milliseconds(id_: UUID) -> int:
    """Return the time in the id, in milliseconds since 1970; it may be later than a datetime can hold."""
    return id_.int >> _TIME_SHIFT


def times(ids: Iterable[UUID]) -> list[int]:
    """Return the `milliseconds` of each id, without the cost of a call for each."""
    return [id_.int >> _TIME_SHIFT for id_ in ids]


def are_all(ids: Iterable[UUID]) -> bool:
    """Return whether all of these ids are of version 7."""
    return all(id_.int & _VERSION_AND_VARIANT == _VERSION_7 for id_ in ids)
