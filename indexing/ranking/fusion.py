"""The fusion of words and meaning into one order.

value = score of the words ÷ the best one + weight · closeness ÷ 5

where the closeness of a product is its cosine with the query in deviations above the catalogue's mean
(indexing.vectors.spread). Scores, unlike ranks, keep how much better the best match is than the next.
docs/decisions/search-ranking.md has the measurements behind the constants.
"""

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from indexing.ranking.options import RankingOptions

Numbers = NDArray[np.float64]
"""One for each product."""
Places = NDArray[np.intp]

WINDOW = 200
"""Products that are ranked by words and meaning; the others follow in the order of their words."""
SCALE = 5.0
"""Deviations that count as much as the best match by words."""
WEIGHT_WITH_DIGITS = 0.75
"""Of the weight, for queries with a number: encoders hardly tell sizes and models apart."""
DECIMALS = 5
"""Of a value: those that differ by less are equal."""
LEAST_CLOSENESS = 1.0
"""Of a product that is found by its meaning alone: closer than most products of the catalogue."""

_DIGIT = re.compile(r"\d")
_QUANTITY = re.compile(r"\d+(?:[.,]\d+)?(?:x\d+(?:[.,]\d+)?)*[a-z]{0,4}")
_CODE_LENGTH = 5


def meaning_weight(words: Sequence[str], ranking: RankingOptions) -> float:
    """Return the weight of meaning for a query: 0 if words alone decide, as for codes."""
    if any(map(_is_code, words)):
        return 0.0
    share = WEIGHT_WITH_DIGITS if any(map(_DIGIT.search, words)) else 1.0
    return ranking.meaning_weight * share


def _is_code(word: str) -> bool:
    """Return whether a word names a product instead of describing it: letters with digits, or many digits."""
    if len(word) < _CODE_LENGTH or not _DIGIT.search(word):
        return False
    return word.isdigit() or not _QUANTITY.fullmatch(word)


def fused(scores: Numbers, closeness: Numbers, *, weight: float) -> Numbers:
    """Return the values of products by the scores of their words and how close they are.

    The closeness of a product without a vector is NaN; it counts as close as the middle one of the others.
    """
    unknown = np.isnan(closeness)
    if unknown.any():
        middle = 0.0 if unknown.all() else float(np.median(closeness[~unknown]))
        closeness = np.where(unknown, middle, closeness)
    best = float(scores.max(initial=0.0)) or 1.0
    return scores / best + weight * closeness / SCALE


def in_order(values: Numbers, product_ids: Sequence[int]) -> Places:
    """Return the places of the products, the best first; of equal values, the lowest product id."""
    return np.lexsort((np.array(product_ids), -np.round(values, DECIMALS)))
