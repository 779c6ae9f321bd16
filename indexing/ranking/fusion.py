"""The fusion of words and meaning into one order.

value = score of the words ÷ the best one + weight · closeness ÷ 5

where the closeness of a product is its cosine with the query in deviations above the catalogue's mean
(indexing.vectors.spread). Scores, unlike ranks, keep how much better the best match is than the next.
docs/decisions/search-ranking.md has the measurements behind the constants.
"""

import re
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from indexing.ranking.options import RankingOptions

WINDOW = 200
"""Products that are ranked by words and meaning; the others follow in the order of their words."""
SCALE = 5.0
"""Deviations that count as much as the best match by words."""
WEIGHT_WITH_DIGITS = 0.5
"""Of the weight, for queries with a number: encoders hardly tell sizes and models apart."""
LEAST_CLOSENESS = 1.0
"""Of a product that is found by its meaning alone: closer than most products of the catalogue."""

_DIGIT = re.compile(r"\d")
_QUANTITY = re.compile(r"\d+(?:[.,]\d+)?(?:x\d+(?:[.,]\d+)?)*[a-z]{0,4}")
_CODE_LENGTH = 5

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Candidate(Generic[Key]):
    """A product that may be listed."""

    product_id: int
    score: float
    """Of its words; 0 if it was found by its meaning alone."""
    key: Key
    """What the engine needs to read the product."""
    closeness: float | None = None
    """None for a product without a vector, or that is not compared yet."""


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


def fused(candidates: Sequence[Candidate[Key]], *, weight: float) -> list[tuple[float, Candidate[Key]]]:
    """Return the candidates with their values, best first; equal ones by product id.

    A product without a vector counts as close as the middle one of the others.
    """
    known = [each.closeness for each in candidates if each.closeness is not None]
    middle = statistics.median(known) if known else 0.0
    best = max((each.score for each in candidates), default=0.0) or 1.0
    valued = [
        (each.score / best + weight * (middle if each.closeness is None else each.closeness) / SCALE, each)
        for each in candidates
    ]
    return sorted(valued, key=lambda each: (-round(each[0], 5), each[1].product_id))
