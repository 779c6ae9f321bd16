"""Tombstones: hashes of the keys of erased shoppers.

As long as a tombstone exists, the consumer of the stream drops what arrives with the key, and intake doesn't
remember the products of the key.
"""

import hashlib
from uuid import UUID

from analytics_pipeline.recent import products_key

TOMBSTONES_KEY = "vitrine:erased"


def tombstone(key: UUID) -> str:
    """Return the hash of a key; `append.lua` computes the same."""
    return hashlib.sha1(products_key(key).encode(), usedforsecurity=False).hexdigest()
