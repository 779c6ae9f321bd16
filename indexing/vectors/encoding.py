"""Encodes the products of a batch of writes whose passage is new."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from indexing.encoder.errors import EncoderError
from indexing.encoder.lazy import usable
from indexing.encoder.passages import digest, passage
from indexing.engine import DocumentWrite, PutDocument
from indexing.schema import IndexSchema

if TYPE_CHECKING:
    from indexing.encoder.model import TextEncoder, Vectors

PassageVectors = Mapping[bytes, "Vectors"]
"""Vectors by the digest of the passage; a passage that isn't there has no vector for now."""


def written_passages(writes: Sequence[DocumentWrite]) -> dict[bytes, str]:
    """Return the passages of all products that are put, by digest."""
    texts = dict.fromkeys(passage(each.document) for each in writes if isinstance(each, PutDocument))
    return {digest(text): text for text in texts}


def with_new_vectors(
    writes: Sequence[DocumentWrite],
    stored: Iterable[tuple[bytes, "Vectors"]],
    *,
    schema: IndexSchema,
    encoder: "TextEncoder | None",
) -> PassageVectors:
    """Return the vectors of the passages of `writes`; those of `stored` are not computed again.

    Without the generation's own encoder, new passages get no vector: words still find their products.
    """
    wanted = written_passages(writes)
    known = {key: vector for key, vector in stored if key in wanted}
    new = {key: text for key, text in wanted.items() if key not in known}
    able = usable(encoder, schema.encoder)
    if able is None or not new:
        return known
    try:
        vectors = zip(new, able.passages([*new.values()]), strict=True)
    except EncoderError:
        return known
    # An encoder that knows none of the tokens returns zeros, which have no direction.
    return known | {key: vector for key, vector in vectors if vector.any()}
