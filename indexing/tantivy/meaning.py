"""Rank by meaning in one snapshot, and find products that share no word with the query."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property, partial
from typing import TYPE_CHECKING

import numpy as np
from tantivy import DocAddress, Occur, Query

from indexing.encoder.ahead import QueryEncoding
from indexing.encoder.model import Vectors
from indexing.page import Fusion, Matched
from indexing.ranking.fusion import LEAST_CLOSENESS, WINDOW, meaning_weight
from indexing.request import SearchRequest
from indexing.tantivy.matching import all_of, unscored
from indexing.tantivy.reader import Snapshot
from indexing.tantivy.rules import Rules
from indexing.tantivy.vectors import StoredVectors
from indexing.vectors.comparing import Comparison
from indexing.vectors.spread import Spread

if TYPE_CHECKING:
    from indexing.tantivy.searching import TextQuery

Ranked = list[tuple[float, int, DocAddress]]
"""Negative score, product and address of each hit, best first."""


def meaning_of(
    snapshot: Snapshot, request: SearchRequest, text: str, *, encoding: QueryEncoding
) -> "Meaning | None":
    """Return the meaning of a query with this text, or None if words alone rank its products."""
    weight = meaning_weight(snapshot.matching.fields.query_words(text), request.ranking)
    vectors = snapshot.vectors if weight else None
    if vectors is None or vectors.spread is None:
        return None
    return Meaning(
        snapshot,
        vectors,
        vectors.spread,
        partial(encoding.of, text),
        weight=weight,
        feedback=request.ranking.meaning_feedback,
    )


class Meaning:
    """How close products are to the meaning of one query."""

    def __init__(
        self,
        snapshot: Snapshot,
        vectors: StoredVectors,
        spread: Spread,
        encoded: Callable[[], Vectors],
        *,
        weight: float,
        feedback: float,
    ) -> None:
        """Compare the query's vector with the products of a snapshot (see `Comparison`)."""
        self._snapshot = snapshot
        self._vectors = vectors
        self._spread = spread
        self._encoded = encoded
        self._weight = weight
        self._feedback = feedback

    @cached_property
    def _query(self) -> Vectors:
        return self._encoded()

    def filled(self, found: "TextQuery", request: SearchRequest, rules: Rules) -> "TextQuery":
        """Return `found` with the nearest products that it doesn't match, if it matches few.

        They are chosen without the filters and with them, so that a filter has no fewer products because
        nearer ones don't pass it, and facets count what a selection shows, or less.
        """
        matching = self._snapshot.count(rules.organic(found.counted))
        missing = request.relax_below - matching
        if missing <= 0 or not request.ranking.fills_by_meaning:
            return found
        others = Query.boolean_query(
            [(Occur.Must, rules.organic(found.allowed or Query.all_query())), (Occur.MustNot, found.counted)]
        )
        near = self._nearest(others, missing)
        if filters := self._snapshot.filters(request.filters):
            near |= self._nearest(all_of(others, *filters), missing)
        if not near:
            return found
        added = unscored(Query.term_set_query(self._snapshot.index.schema, "id", sorted(near)))
        matched = found.matched if matching else Matched.SIMILAR
        return replace(
            found,
            query=_either(found.query, added),
            counted=_either(found.counted, added),
            matched=matched,
        )

    def ranked(self, hits: Ranked) -> tuple[Ranked, dict[int, Fusion]]:
        """Return the hits of the window by words and meaning, then the others, and the scores' parts."""
        window, others = hits[:WINDOW], hits[WINDOW:]
        product_ids = [product_id for _, product_id, _ in window]
        scores = [-score for score, _, _ in window]
        comparison = Comparison(
            query=self._query, spread=self._spread, weight=self._weight, feedback=self._feedback
        )
        compared = comparison.ranked(product_ids, scores, self._vectors.of(product_ids))
        ranked = [(-value, *window[place][1:]) for place, value, _ in compared]
        fusions = {product_ids[place]: fusion for place, _, fusion in compared}
        return ranked + others, fusions

    def _nearest(self, among: Query, limit: int) -> set[int]:
        """Return the `limit` nearest of the products that match `among` and are close at all."""
        near = self._vectors.nearest(
            self._query,
            limit=limit,
            passing=lambda ids: set(self._ids(all_of(self._products(ids), among), limit=len(ids))),
            all_passing=lambda: self._ids(among, limit=self._snapshot.searcher.num_docs),
        )
        return {key for key, value in self._standardised(near).items() if value >= LEAST_CLOSENESS}

    def _standardised(self, cosines: dict[int, float]) -> dict[int, float]:
        if not cosines:
            return {}
        values = self._spread.standardised(self._query, np.array([*cosines.values()], np.float32))
        return dict(zip(cosines, values.tolist(), strict=True))

    def _products(self, product_ids: Sequence[int]) -> Query:
        return Query.term_set_query(self._snapshot.index.schema, "id", list(product_ids))

    def _ids(self, query: Query, *, limit: int) -> list[int]:
        found = self._snapshot.searcher.search(query, max(1, limit), count=False).hits
        return self._snapshot.ids([address for _, address in found])


def _either(query: Query, added: Query) -> Query:
    return Query.boolean_query([(Occur.Should, query), (Occur.Should, added)], 1)
