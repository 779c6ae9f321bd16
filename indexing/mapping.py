"""Exact values that both engines index, and the factor of a product's text scores.

Tokens are exact values. Some contain a label after a separator, so that a facet's buckets need no look-up.
"""

import math
from collections.abc import Iterable
from functools import lru_cache

from indexing.text import words

SEPARATOR = "\x1f"
"""Separates the parts of a token: a control character, which is removed from the parts themselves."""

CACHED_TEXTS = 8_192
"""Brands, categories and attributes whose keys a process remembers; most products have those of others."""
MAX_TOKEN_PART = 1_000
"""Characters; engines refuse a document with a longer value than they support."""

POPULARITY_CEILING = 10_000
"""Units sold at which popularity is capped; otherwise best sellers would lead unrelated queries."""
POPULARITY_PRIOR = 0.15
"""The most that popularity adds to the score factor: enough to decide between nearly equal matches."""
IN_STOCK_BONUS = 0.25
"""Added to the score factor of products in stock, so that sold-out products rank below them."""


@lru_cache(CACHED_TEXTS)
def normalised(text: str) -> str:
    """Return the words of `text` joined by spaces."""
    return " ".join(words(text))


@lru_cache(CACHED_TEXTS)
def token(*parts: str) -> str:
    """Return the parts joined to one exact value."""
    return SEPARATOR.join(map(_part, parts))


def category_token(*, path: str, slug: str) -> str:
    """Return the exact value of a category."""
    return token(path, slug)


def _part(text: str) -> str:
    """Return `text` without separators, truncated to MAX_TOKEN_PART characters."""
    return text.replace(SEPARATOR, " ") if len(text) <= MAX_TOKEN_PART else _part(text[:MAX_TOKEN_PART])


def parts_of(value: str) -> list[str]:
    """Return the parts that `token` joined."""
    return value.split(SEPARATOR)


@lru_cache(CACHED_TEXTS)
def key(text: str) -> str:
    """Return `text` as exact filters compare it: without case, and without surrounding or repeated spaces."""
    return " ".join(text.casefold().split())


def attribute_tokens(attributes: Iterable[tuple[str, str]]) -> list[str]:
    """Return a token for each name and value."""
    return [token(name, value) for name, value in attributes]


def score_factor(*, popularity: int, in_stock: bool) -> float:
    """Return the factor of a text score: 1 for a sold-out product that was never bought."""
    share = math.log1p(min(popularity, POPULARITY_CEILING)) / math.log1p(POPULARITY_CEILING)
    return 1.0 + POPULARITY_PRIOR * share + (IN_STOCK_BONUS if in_stock else 0.0)
