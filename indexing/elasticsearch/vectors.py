"""The vectors of an index: their fields, what a document stores, and a sample of them.

`vector` is searched. `passage` is kept in the source: Elasticsearch replaces whole documents, so a write of
an unchanged passage sends the vector that is stored. `compared` is a column (doc values) of 8-bit numbers, so
that a search returns the vectors of its hits without reading their sources.
"""

import base64
import binascii
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from elasticsearch import Elasticsearch
from numpy.typing import NDArray

from indexing.document import ProductDocument
from indexing.elasticsearch.client import Response
from indexing.elasticsearch.writing import VectorOf
from indexing.encoder.identity import EncoderIdentity
from indexing.encoder.model import TextEncoder, Vectors
from indexing.encoder.passages import digest, passage
from indexing.engine import DocumentWrite, PutDocument
from indexing.schema import IndexSchema
from indexing.vectors.encoding import PassageVectors, with_new_vectors
from indexing.vectors.spread import SAMPLE, Spread

VECTOR = "vector"
PASSAGE = "passage"
COMPARED = "compared"
VECTORS_OF_HITS = (COMPARED,)
"""The `docvalue_fields` of a search whose hits are compared with the query."""
STORED = "<f2"
"""Of a vector's numbers: cosines differ by less than .0001, a fiftieth of a hundredth of their deviation."""
LARGEST = 127
"""The largest number of a vector in a column; the others are in proportion to it, as its length is known."""
SAMPLE_SECONDS = 600.0
LEAST_SAMPLE_SECONDS = 1.0
"""How long a full sample is used; a smaller one for its share of that: small catalogues change fast."""
READ_AT_ONCE = 500
"""About a megabyte."""
SEED = 1
DECIMALS = 6
"""Of a vector's numbers: more than the encoder's precision."""


def fields_of(identity: EncoderIdentity) -> dict[str, Any]:
    """Return the fields of the vectors of an encoder."""
    return {
        VECTOR: {
            "type": "dense_vector",
            "dims": identity.dimensions,
            "index": True,
            "similarity": "cosine",
            # Not quantised: cosines of sentence encoders differ by less than the error would be.
            "index_options": {"type": "hnsw"},
        },
        PASSAGE: {"type": "object", "enabled": False},
        COMPARED: {"type": "binary", "doc_values": True},
    }


def vector_fields(document: ProductDocument, vectors: PassageVectors) -> dict[str, Any]:
    """Return the values of the fields for a product; none if its passage has no vector."""
    key = digest(passage(document))
    vector = vectors.get(key)
    if vector is None:
        return {}
    stored = np.asarray(vector, STORED)
    return {
        VECTOR: np.round(stored.astype(float), DECIMALS).tolist(),
        PASSAGE: {"digest": key.hex(), "vector": _base64(stored)},
        COMPARED: _base64(_in_8_bits(stored)),
    }


def stored_vectors(sources: Iterable[Mapping[str, Any]]) -> Iterator[tuple[bytes, Vectors]]:
    """Yield the digests and vectors of sources that have them."""
    for source in sources:
        if found := source.get(PASSAGE):
            vector = np.frombuffer(binascii.a2b_base64(found["vector"]), STORED)
            yield bytes.fromhex(found["digest"]), vector.astype(np.float32)


def vectors_of(hits: Iterable[Mapping[str, Any]]) -> dict[int, Vectors]:
    """Return the vectors of those hits that have one, by product; the search asked for VECTORS_OF_HITS."""
    found = {
        int(hit["_id"]): binascii.a2b_base64(hit["fields"][COMPARED][0])
        for hit in hits
        if COMPARED in hit.get("fields", ())
    }
    if not found:
        return {}
    numbers = np.frombuffer(b"".join(found.values()), np.int8).astype(np.float32).reshape(len(found), -1)
    numbers /= np.linalg.norm(numbers, axis=1, keepdims=True)
    return dict(zip(found, numbers, strict=True))


def _in_8_bits(vector: NDArray[Any]) -> NDArray[np.int8]:
    numbers = vector.astype(np.float32)
    scaled: NDArray[np.int8] = np.rint(numbers / np.abs(numbers).max() * LARGEST).astype(np.int8)
    return scaled


def _base64(numbers: NDArray[Any]) -> str:
    return base64.b64encode(numbers.tobytes()).decode()


def vectors_for(
    client: Elasticsearch,
    generation: str,
    writes: Sequence[DocumentWrite],
    *,
    schema: IndexSchema,
    encoder: TextEncoder | None,
) -> VectorOf:
    """Return the fields of the vectors of the products that are put; those of unchanged passages are read."""
    ids = sorted({each.product_id for each in writes if isinstance(each, PutDocument)})
    found: list[Response] = []
    for start in range(0, len(ids), READ_AT_ONCE):
        some = [str(each) for each in ids[start : start + READ_AT_ONCE]]
        found += client.mget(index=generation, ids=some, source_includes=[PASSAGE])["docs"]
    stored = stored_vectors(each["_source"] for each in found if each.get("found"))
    vectors = with_new_vectors(writes, stored, schema=schema, encoder=encoder)
    return lambda document: vector_fields(document, vectors)


def sample_search() -> dict[str, Any]:
    """Return a search for a sample of the index's vectors, the same each time."""
    return {
        "query": {
            "function_score": {
                "query": {"exists": {"field": VECTOR}},
                "random_score": {"seed": SEED, "field": "id"},
                "boost_mode": "replace",
            }
        },
        "size": SAMPLE,
        "_source": False,
        "docvalue_fields": list(VECTORS_OF_HITS),
        "track_total_hits": False,
    }


class Spreads:
    """The spreads of the vectors of indices, by generation; threads may share them."""

    def __init__(self) -> None:
        """Know none yet."""
        self._known: dict[str, tuple[Spread | None, float]] = {}

    def of(self, generation: str, load: Callable[[], Response]) -> Spread | None:
        """Return the spread of an index, None without vectors; `load` returns what `sample_search` finds."""
        spread, expires_at = self._known.get(generation, (None, 0.0))
        if time.monotonic() < expires_at:
            return spread
        vectors = [*vectors_of(load()["hits"]["hits"]).values()]
        spread = Spread.of(np.array(vectors, np.float32)) if vectors else None
        seconds = max(LEAST_SAMPLE_SECONDS, SAMPLE_SECONDS * len(vectors) / SAMPLE)
        self._known[generation] = spread, time.monotonic() + seconds
        return spread

    def forget(self, generation: str) -> None:
        """Remove the spread of an index that was dropped."""
        self._known.pop(generation, None)
