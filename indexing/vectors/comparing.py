"""The order of the best products by words, and of those of similar meaning, by words and meaning.

The products are compared with the query. The best of them tell more about what is wanted than two words: the
query's vector is moved towards theirs, and the products are compared again. This is pseudo relevance feedback
(Rocchio, "Relevance feedback in information retrieval", 1971). docs/decisions/hybrid-search.md has the
measurements behind the constants.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexing.encoder.model import Vectors
from indexing.page import Fusion
from indexing.ranking.fusion import Numbers, Places, fused, in_order
from indexing.vectors.spread import Spread

BEST_PRODUCTS = 3
"""Products whose vectors the query's is moved towards."""


Compared = tuple[int, float, Fusion]
"""The place of a product among those that were given, its value, and the parts of the value."""


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
        self, product_ids: Sequence[int], scores: Sequence[float], vectors: Mapping[int, Vectors]
    ) -> list[Compared]:
        """Return the products by words and meaning, best first.

        `scores` are those of their words, and `vectors` those that they have.
        """
        missing = np.full_like(self.query, np.nan)
        rows = [vectors.get(each, missing) for each in product_ids]
        matrix = np.array(rows, np.float32).reshape(-1, len(missing))
        words = np.array(scores, np.float64)
        closeness, values, order = self._order(self.query, matrix, words, product_ids)
        best = order[~np.isnan(closeness[order])][:BEST_PRODUCTS]
        if self.feedback and len(best):
            moved = self._moved(matrix[best])
            closeness, values, order = self._order(moved, matrix, words, product_ids)
        columns = order.tolist(), values[order].tolist(), closeness[order].tolist()
        return [
            (place, value, Fusion(scores[place], None if math.isnan(close) else close, self.weight))
            for place, value, close in zip(*columns, strict=True)
        ]

    def _order(
        self, query: Vectors, matrix: Vectors, words: Numbers, product_ids: Sequence[int]
    ) -> tuple[Numbers, Numbers, Places]:
        """Return how close the products are, their values, and their places in order."""
        closeness = self.spread.standardised(query, matrix @ query).astype(np.float64)
        values = fused(words, closeness, weight=self.weight)
        return closeness, values, in_order(values, product_ids)

    def _moved(self, best: Vectors) -> Vectors:
        mean = best.mean(axis=0)
        moved: Vectors = (1.0 - self.feedback) * self.query + self.feedback * mean / np.linalg.norm(mean)
        return moved
