"""Encodes a query in another thread while its words are read and searched."""

import os
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import TYPE_CHECKING

from indexing.encoder.lazy import usable
from indexing.ranking.fusion import meaning_weight
from indexing.request import SearchRequest, Sort
from indexing.schema import IndexSchema

if TYPE_CHECKING:
    from indexing.encoder.model import TextEncoder, Vectors

THREADS = 2
"""Queries that a process encodes beside its searches; a search whose turn has not come encodes its own."""


class QueryEncoding:
    """The vector of a query, which is encoded by the time that it is needed."""

    def __init__(self, encoder: "TextEncoder", text: str) -> None:
        """Begin to encode `text`; nothing begins without one."""
        self._encoder = encoder
        self._text = text
        self._begun: Future[Vectors] | None = (
            _threads(os.getpid()).submit(encoder.query, text) if text else None
        )

    def of(self, text: str) -> "Vectors":
        """Return the vector of `text`, which is another one than was begun with if that was misspelt."""
        begun, self._begun = self._begun, None
        if begun is None or begun.cancel() or text != self._text:
            return self._encoder.query(text)
        return begun.result()


def query_encoding(
    request: SearchRequest, *, schema: IndexSchema, encoder: "TextEncoder | None"
) -> QueryEncoding | None:
    """Return the encoding of a request's text, begun if meaning ranks it; None if words alone rank."""
    if request.sort is not Sort.RELEVANCE or not request.text or not request.ranking.meaning_weight:
        return None
    able = usable(encoder, schema.encoder)
    if able is None:
        return None
    weight = meaning_weight(schema.query_words(request.text), request.ranking)
    return QueryEncoding(able, request.text if weight else "")


@cache
def _threads(process: int) -> ThreadPoolExecutor:
    """Return the threads of a process; one that was forked has none of its parent's."""
    return ThreadPoolExecutor(THREADS, thread_name_prefix="encode")
