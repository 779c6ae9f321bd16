"""Rank by meaning in one index, and find products that share no word with the query."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, ClassVar

import numpy as np

from indexing.elasticsearch.client import Response
from indexing.elasticsearch.documents import FusedHit
from indexing.elasticsearch.matching import Matching
from indexing.elasticsearch.queries import Body, Query, all_of, none_of
from indexing.elasticsearch.rules import restricted, without_pinned
from indexing.elasticsearch.vectors import VECTOR, VECTORS_OF_HITS, Spreads, sample_search, vectors_of
from indexing.encoder.ahead import QueryEncoding, query_encoding
from indexing.encoder.model import TextEncoder, Vectors
from indexing.ranking.fusion import LEAST_CLOSENESS, WINDOW, meaning_weight
from indexing.request import SearchRequest
from indexing.schema import IndexSchema
from indexing.vectors.comparing import Comparison
from indexing.vectors.spread import Spread

LEAST_CANDIDATES = 200
"""Products that a shard compares at least."""


@dataclass(frozen=True)
class Meaning:
    """How close products are to the meaning of one query."""

    request: SearchRequest
    matching: Matching
    spread: Spread
    encoded: Callable[[], Vectors]
    weight: float
    """Of meaning, in the fusion with words."""

    columns_of_hits: ClassVar[Sequence[str]] = VECTORS_OF_HITS
    """Of a search whose hits are ranked (its `docvalue_fields`)."""

    @cached_property
    def query(self) -> Vectors:
        """The vector of the query."""
        return self.encoded()

    def neighbours(self, text: Query, limit: int, *, among: Query) -> list[Body]:
        """Return searches for the `limit` nearest products `among` those that `text` doesn't match.

        They are chosen without the filters and with them, so that a filter has no fewer products because
        nearer ones don't pass it, and facets count what a selection shows, or less.
        """
        others = [
            restricted(among, self.request, self.matching),
            *without_pinned(self.request),
            none_of([text]),
        ]
        passing = self.matching.filters(self.request.filters)
        conditions = [others, [*others, *passing]] if passing else [others]
        return [self._nearest(limit, each) for each in conditions]

    def close(self, responses: Sequence[Response]) -> list[int]:
        """Return the products of the responses that are close at all."""
        found = {key: value for each in responses for key, value in self._closeness(each).items()}
        return sorted(key for key, value in found.items() if value >= LEAST_CLOSENESS)

    def _closeness(self, response: Response) -> dict[int, float]:
        """Return how close the products of a response are."""
        hits = response["hits"]["hits"]
        # The score of a neighbour is (1 + cosine) ÷ 2.
        cosines = np.array([2.0 * hit["_score"] - 1.0 for hit in hits], np.float32)
        values = self.spread.standardised(self.query, cosines)
        return dict(zip((int(hit["_id"]) for hit in hits), values.tolist(), strict=True))

    def ranked(self, hits: Sequence[dict[str, Any]]) -> list[FusedHit]:
        """Return products and values of hits: those of the window by words and meaning, then the others.

        The hits of the window have the fields of VECTORS_OF_HITS.
        """
        window = hits[:WINDOW]
        product_ids = [int(hit["_id"]) for hit in window]
        scores = [hit["_score"] or 0.0 for hit in window]
        comparison = Comparison(
            query=self.query,
            spread=self.spread,
            weight=self.weight,
            feedback=self.request.ranking.meaning_feedback,
        )
        ordered: list[FusedHit] = [
            (product_ids[place], value, fusion)
            for place, value, fusion in comparison.ranked(product_ids, scores, vectors_of(window))
        ]
        return ordered + [(int(hit["_id"]), hit["_score"] or 0.0, None) for hit in hits[WINDOW:]]

    def _nearest(self, limit: int, conditions: Sequence[Query]) -> Body:
        nearest = {
            "field": VECTOR,
            "query_vector": self.query.tolist(),
            "k": limit,
            "num_candidates": max(limit, LEAST_CANDIDATES),
            "filter": all_of(conditions),
        }
        return {"query": {"knn": nearest}, "size": limit, "track_total_hits": False, "_source": False}


class Meanings:
    """Reads the meaning of queries with an encoder; threads may share it."""

    def __init__(self, encoder: TextEncoder) -> None:
        """Encode queries with `encoder`."""
        self._encoder = encoder
        self._spreads = Spreads()

    def encoding(self, request: SearchRequest, schema: IndexSchema) -> QueryEncoding | None:
        """Begin to encode the text of a request; return None if words alone rank its products."""
        return query_encoding(request, schema=schema, encoder=self._encoder)

    def of(
        self,
        request: SearchRequest,
        text: str,
        *,
        encoding: QueryEncoding,
        index: str,
        matching: Matching,
        send: Callable[[Body], Response],
    ) -> Meaning | None:
        """Return the meaning of a query with this text, or None if words alone rank its products."""
        weight = meaning_weight(matching.schema.query_words(text), request.ranking)
        if not weight:
            return None
        spread = self._spreads.of(index, lambda: send(sample_search()))
        if spread is None:
            return None
        return Meaning(request, matching, spread, partial(encoding.of, text), weight)
