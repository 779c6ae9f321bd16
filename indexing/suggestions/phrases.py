"""The phrases of titles: which sequences of words several products share."""

from array import array
from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexing.suggestions.arrays import Ids

MAX_WORDS = 3
"""Longer phrases are hardly ever typed, and are composed from shorter ones."""
MAX_SOURCE = 12
"""Phrases are taken from this number of words of a title; sizes and part numbers usually follow later."""
MAX_PAIRED = 10
"""Pairs of words that are not adjacent are taken from this number of words."""
MIN_PRODUCTS = 2
"""A phrase of a single title is hardly ever a query."""
MAX_PHRASES = 200_000

_BITS = 21
_WORD = (1 << _BITS) - 1
_FIRST, _SECOND = _BITS * 2, _BITS

Keys = NDArray[np.uint64]


class Phrases(NamedTuple):
    """Phrases, those of the most products first."""

    words: NDArray[np.uint32]
    """Three columns: the numbers of each phrase's words, plus one; 0 if it has fewer words."""
    counts: Ids
    """The number of products of each."""


class Kinds(NamedTuple):
    """Which words are stop words and which are numbers, by the number of a word."""

    stop: Sequence[bool]
    numeric: Sequence[bool]


def phrases_of(titles: Iterable[Sequence[int]], kinds: Kinds, *, fewest: int) -> Phrases:
    """Return the phrases of at least `fewest` titles, which are given as numbers of words."""
    adjacent, paired = array("Q"), array("Q")
    for title in titles:
        sequences = set(_sequences(title[:MAX_SOURCE], kinds))
        adjacent.extend(sequences)
        paired.extend(set(_pairs(title, kinds)) - sequences)
    keys, counts = _counted(adjacent, fewest=fewest)
    other, other_counts = _counted(paired, fewest=MIN_PRODUCTS)
    # "copper kettle" may be adjacent in some titles only.
    keys, places = np.unique(np.concatenate((keys, other)), return_inverse=True)
    summed = np.bincount(places, weights=np.concatenate((counts, other_counts)), minlength=len(keys))
    return _ranked(keys, summed.astype(np.int64), np.asarray(kinds.numeric, dtype=np.bool_))


def _sequences(title: Sequence[int], kinds: Kinds) -> Iterable[int]:
    """Yield the keys of sequences that neither begin nor end with a stop word."""
    for start, first in enumerate(title):
        if kinds.stop[first] or kinds.numeric[first]:
            continue
        key = 0
        for place, word in enumerate(title[start : start + MAX_WORDS]):
            if place == MAX_WORDS - 1 and word == first != title[start + 1]:
                # Titles such as "Shoes, Running Shoes" list kinds; "yo yo" is a word.
                break
            key |= (word + 1) << (_FIRST - place * _BITS)
            if not kinds.stop[word]:
                yield key


def _pairs(title: Sequence[int], kinds: Kinds) -> Iterable[int]:
    """Yield the keys of pairs of words in their order: "kettle copper" of "Kettle made of copper"."""
    words = [word for word in title if not (kinds.stop[word] or kinds.numeric[word])][:MAX_PAIRED]
    for first, second in combinations(words, 2):
        if first != second:
            yield (first + 1) << _FIRST | (second + 1) << _SECOND


def _counted(keys: "array[int]", *, fewest: int) -> tuple[Keys, NDArray[np.int64]]:
    distinct, counts = np.unique(np.frombuffer(keys, dtype=np.uint64), return_counts=True)
    kept = counts >= fewest
    return distinct[kept], counts[kept]


def _ranked(keys: Keys, counts: NDArray[np.int64], numeric: NDArray[np.bool_]) -> Phrases:
    words = np.stack(
        [(keys >> np.uint64(shift)) & np.uint64(_WORD) for shift in (_FIRST, _SECOND, 0)], axis=1
    )
    kept = ~_redundant(keys, counts, words, numeric)
    keys, counts, words = keys[kept], counts[kept], words[kept]
    order = np.lexsort((keys, (words > 0).sum(axis=1), -counts))[:MAX_PHRASES]
    return Phrases(words[order].astype(np.uint32), counts[order].astype(np.uint32))


def _redundant(
    keys: Keys, counts: NDArray[np.int64], words: NDArray[np.uint64], numeric: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return which phrases all of whose products have one same next word, as "cake" of cake stands.

    A phrase that ends with a number (a size, a count) does not replace the shorter one.
    """
    found = np.zeros(len(keys), dtype=np.bool_)
    for column, shift in ((1, _SECOND), (2, 0)):
        longer = words[:, column] > 0
        if column == 1:
            longer &= words[:, 2] == 0
        longer &= ~numeric[np.maximum(words[:, column].astype(np.int64), 1) - 1]
        shorter = keys[longer] & ~np.uint64(_WORD << shift)
        places = np.searchsorted(keys, shorter).clip(max=len(keys) - 1)
        same = (keys[places] == shorter) & (counts[places] == counts[longer])
        found[places[same]] = True
    return found
