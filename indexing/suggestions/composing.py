"""Compose completions from the titles that contain what was typed.

The phrases of the dictionary are short and frequent. None begins with "keurig coffee ma", but the titles that
contain "keurig" and "coffee" say which words with "ma" follow.
"""

from collections.abc import Iterator

import numpy as np

from indexing.page import SearchSuggestion, SuggestionKind
from indexing.suggestions.reading import Reading
from indexing.suggestions.typed import Typed
from indexing.text import STOP_WORDS

MAX_TITLES = 500
"""Titles that are read, those of best sellers first."""
_SHIFT = 32
_SUCCESSOR = (1 << _SHIFT) - 1


def composed(reading: Reading, *, limit: int) -> Iterator[SearchSuggestion]:
    """Yield the complete words with a word of the reading's range, and with the one after it."""
    typed, known = reading.typed, reading.dictionary.words
    for key, count in _most_frequent(reading, most=limit * 2):
        word, successor = key >> _SHIFT, key & _SUCCESSOR
        completed = [known[word - 1], known[successor - 1]] if successor else [known[word - 1]]
        if _adds_something(completed, typed):
            yield SearchSuggestion(SuggestionKind.PHRASE, " ".join((*typed.full, *completed)), count)


def _adds_something(completed: list[str], typed: Typed) -> bool:
    """Return whether the words neither end with a stop word nor repeat what was typed, as "bottles" does."""
    if completed[-1] in STOP_WORDS or (not typed.last and completed[0] in STOP_WORDS):
        return False
    return not any(word.startswith(known) for word in completed for known in typed.full)


def _most_frequent(reading: Reading, *, most: int) -> list[tuple[int, int]]:
    """Return continuations, a word or a word and its successor, and how many titles contain each.

    The most frequent are first, and of equally frequent ones those earlier in the alphabet.
    """
    tokens, last = reading.dictionary.titles.of_keys(reading.titles(most=MAX_TITLES))
    if not len(tokens):
        return []
    continues = ~np.isin(tokens, reading.full)
    begun = continues & (tokens >= reading.first) & (tokens < reading.end)
    keys = (tokens.astype(np.uint64) + np.uint64(1)) << np.uint64(_SHIFT)
    has_successor = begun[:-1] & ~last[:-1] & continues[1:]
    pairs = keys[:-1][has_successor] | (tokens[1:][has_successor].astype(np.uint64) + np.uint64(1))
    found, counts = np.unique(np.concatenate((keys[begun], pairs)), return_counts=True)
    ranked = np.argsort(-counts, kind="stable")[:most]
    return list(zip(found[ranked].tolist(), counts[ranked].tolist(), strict=True))
