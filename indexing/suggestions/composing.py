"""Compose completions from the titles that contain what was typed.

The phrases of the dictionary are short and frequent. None begins with "keurig coffee ma", but the titles that
contain "keurig" and "coffee" say which words with "ma" follow.
"""

from collections.abc import Iterator

import numpy as np

from indexing.page import SearchSuggestion, SuggestionKind
from indexing.suggestions.arrays import Ids
from indexing.suggestions.dictionary import SuggestionDictionary
from indexing.suggestions.typed import Typed
from indexing.text import STOP_WORDS

MAX_TITLES = 2_000
"""Titles that are read, those of best sellers first."""
_SHIFT = 32


def composed(
    dictionary: SuggestionDictionary, typed: Typed, full: Ids, first: int, end: int, *, limit: int
) -> Iterator[SearchSuggestion]:
    """Yield the complete words with a word from `first` to before `end`, and with the one after it."""
    if not len(full):
        return
    counts = _counts(dictionary, full, first, end)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0] >> _SHIFT, pair[0]))
    for key, count in ranked[: limit * 2]:
        added = [dictionary.words[(key >> _SHIFT) - 1], dictionary.words[(key & (1 << _SHIFT) - 1) - 1]]
        completed = added if key & (1 << _SHIFT) - 1 else added[:1]
        if _adds_something(completed, typed):
            yield SearchSuggestion(SuggestionKind.PHRASE, " ".join((*typed.full, *completed)), count)


def _adds_something(completed: list[str], typed: Typed) -> bool:
    """Return whether the words neither end with a stop word nor repeat what was typed, as "bottles" does."""
    if completed[-1] in STOP_WORDS or (not typed.last and completed[0] in STOP_WORDS):
        return False
    return not any(word.startswith(known) for word in completed for known in typed.full)


def _counts(dictionary: SuggestionDictionary, full: Ids, first: int, end: int) -> dict[int, int]:
    """Return how many titles contain each continuation: a word, or a word and its successor."""
    titles = _titles_with(dictionary, full)
    tokens, last = dictionary.titles.of_keys(titles)
    if not len(tokens):
        return {}
    continues = ~np.isin(tokens, full)
    begun = continues & (tokens >= first) & (tokens < end) if end > first else continues
    keys = (tokens.astype(np.uint64) + np.uint64(1)) << np.uint64(_SHIFT)
    has_successor = begun[:-1] & ~last[:-1] & continues[1:]
    pairs = keys[:-1][has_successor] | (tokens[1:][has_successor].astype(np.uint64) + np.uint64(1))
    found, counts = np.unique(np.concatenate((keys[begun], pairs)), return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def _titles_with(dictionary: SuggestionDictionary, full: Ids) -> Ids:
    lists = dictionary.products
    rarest = sorted(full.tolist(), key=lambda number: int(dictionary.frequencies[number]))
    found = lists.between(rarest[0], rarest[0] + 1)
    for number in rarest[1:]:
        found = found[np.isin(found, lists.between(number, number + 1), assume_unique=True)]
    return found[:MAX_TITLES]
