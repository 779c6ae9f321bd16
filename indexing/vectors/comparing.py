"""The order of the best products by words, and of those of similar meaning, by words and meaning.

The products are compared with the query. The best of them tell more about what is wanted than two words: the
query's vector is moved towards theirs, and the products are compared again. This is pseudo relevance feedback
(Rocchio, "Relevance feedback in information retrieval", 1971). docs/decisions/hybrid-search.md has the
measurements behind the constants.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexing.encoder.model import Vectors
from indexing.ranking.fusion import Candidate, Key, fused
from indexing.vectors.spread import Spread

BEST_PRODUCTS = 3
"""Products whose vectors the query's is moved towards."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """How products are compared with a query."""

    query: Vectors
    """The query's vector."""
    spread: Spread
    """That of the catalogue."""
    weight: float
    """Of meaning, in the fusion with words."""
    feedback: float
    """The share of the best products in the query's vector; 0 compares with the query alone."""

    def ranked(
        self, candidates: Sequence[Candidate[Key]], vectors: Mapping[int, Vectors]
    ) -> list[tuple[float, Candidate[Key]]]:
        """Return the candidates with their values, best first; `vectors` are those of their products."""
        known = [each.product_id for each in candidates if each.product_id in vectors]
        matrix = np.array([vectors[key] for key in known], np.float32)
        order = self._order(candidates, known, matrix, self.query)
        best = [each.product_id for _, each in order if each.product_id in vectors][:BEST_PRODUCTS]
        if not best or not self.feedback:
            return order
        return self._order(candidates, known, matrix, self._moved([vectors[key] for key in best]))

    def _order(
        self, candidates: Sequence[Candidate[Key]], known: Sequence[int], matrix: Vectors, query: Vectors
    ) -> list[tuple[float, Candidate[Key]]]:
        closeness: dict[int, float] = {}
        if known:
            values = self.spread.standardised(query, matrix @ query)
            closeness = dict(zip(known, values.tolist(), strict=True))
        compared = [
            Candidate(each.product_id, each.score, each.key, closeness.get(each.product_id))
            for each in candidates
        ]
        return fused(compared, weight=self.weight)

    def _moved(self, best: Sequence[Vectors]) -> Vectors:
        mean = np.mean(np.array(best, np.float32), axis=0)
        moved: Vectors = (1.0 - self.feedback) * self.query + self.feedback * mean / np.linalg.norm(mean)
        return moved
