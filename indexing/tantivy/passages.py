"""The vectors in tantivy's own documents, which are committed together with everything else of a product.

A document stores the digest of its passage, the number of the write that changed its vector, and the vector.
That number is also a field, by which readers find the vectors that are newer than a file
(indexing.tantivy.vectors).
"""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tantivy import DocAddress, FieldType, Query, Schema, Searcher

from indexing.encoder.model import Vectors
from indexing.encoder.passages import DIGEST_BYTES
from indexing.tantivy.schema import PASSAGE, SEQUENCE

_HEAD = struct.Struct(f"<{DIGEST_BYTES}sQ")
NO_DIGEST = bytes(DIGEST_BYTES)


@dataclass(frozen=True, slots=True)
class StoredPassage:
    """The digest of a product's passage, the write that changed its vector, and the vector."""

    digest: bytes
    sequence: int
    vector: Vectors | None
    """None if there was no encoder when the passage changed."""

    def encoded(self) -> bytes:
        """Return the passage as a document stores it."""
        vector = b"" if self.vector is None else self.vector.astype("<f4").tobytes()
        return _HEAD.pack(self.digest, self.sequence) + vector

    def fields(self) -> dict[str, object]:
        """Return the fields of a product's document that store the passage."""
        return {PASSAGE: self.encoded(), SEQUENCE: self.sequence}

    @classmethod
    def decoded(cls, stored: bytes) -> "StoredPassage":
        """Return what `encoded` returned."""
        key, sequence = _HEAD.unpack_from(stored)
        vector = np.frombuffer(stored, "<f4", offset=_HEAD.size)
        return cls(key, sequence, vector if len(vector) else None)


def passages_of(searcher: Searcher, schema: Schema, product_ids: Sequence[int]) -> dict[int, StoredPassage]:
    """Return the stored passages of `product_ids`."""
    if not product_ids or not searcher.num_docs:
        return {}
    query = Query.term_set_query(schema, "id", list(product_ids))
    return _read(
        searcher, [address for _, address in searcher.search(query, len(product_ids), count=False).hits]
    )


def passages_after(searcher: Searcher, schema: Schema, sequence: int) -> dict[int, StoredPassage]:
    """Return the passages of the products whose vector changed after the write `sequence`."""
    query = Query.range_query(schema, SEQUENCE, FieldType.Unsigned, sequence, None, include_lower=False)
    limit = max(1, searcher.num_docs)
    return _read(searcher, [address for _, address in searcher.search(query, limit, count=False).hits])


def ids_with_passages(searcher: Searcher, schema: Schema) -> set[int]:
    """Return the products that have a passage."""
    query = Query.range_query(schema, SEQUENCE, FieldType.Unsigned, 0, None, include_lower=False)
    found = searcher.search(query, max(1, searcher.num_docs), count=False).hits
    return {int(each or 0) for each in searcher.fast_field_values("id", [address for _, address in found])}


def count_after(searcher: Searcher, schema: Schema, sequence: int) -> int:
    """Return how many products have a vector that changed after the write `sequence`."""
    query = Query.range_query(schema, SEQUENCE, FieldType.Unsigned, sequence, None, include_lower=False)
    result = searcher.search(query, 1, count=True)
    found: int = result.count  # type: ignore[attr-defined] # missing in the stub
    return found


def last_sequence(searcher: Searcher) -> int:
    """Return the number of the newest write that changed a vector; 0 if there was none."""
    found = searcher.aggregate(Query.all_query(), {"newest": {"max": {"field": SEQUENCE}}})
    return int(found["newest"]["value"] or 0)


def _read(searcher: Searcher, addresses: Sequence[DocAddress]) -> dict[int, StoredPassage]:
    ids = searcher.fast_field_values("id", list(addresses))
    found: dict[int, StoredPassage] = {}
    for product_id, address in zip(ids, addresses, strict=True):
        stored: Mapping[str, list[bytes]] = searcher.doc(address).to_dict()
        if stored.get(PASSAGE):
            found[int(product_id or 0)] = StoredPassage.decoded(stored[PASSAGE][0])
    return found
