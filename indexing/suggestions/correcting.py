"""Correct what was typed so far: complete words, and the beginning of a word."""

import math
from collections.abc import Iterator
from heapq import nlargest
from itertools import product

from rapidfuzz import process
from rapidfuzz.distance import OSA

from indexing.planning.channel import EDIT_PENALTY, edit_cost, max_edits
from indexing.suggestions.dictionary import SuggestionDictionary
from indexing.suggestions.typed import Typed

MIN_FREQUENCY = 2
"""A word of a single product may be misspelt itself, so others aren't corrected to it."""
RARE = 5
"""Products; a word of so many may still be a misspelling."""
MAX_CORRECTIONS = 3
MAX_UNFINISHED = 2
"""Words that a word before the last one may be the beginning of, the most frequent ones."""
MIN_UNFINISHED = 3
"""Letters of such a beginning."""
MUCH_MORE = 10
"""A word is corrected to one that is this many times as frequent."""


def corrections_of(typed: Typed, dictionary: SuggestionDictionary) -> Iterator[Typed]:
    """Yield the likeliest corrections of what was typed; none if every word is known and common."""
    full = [_words_for(word, dictionary) for word in typed.full]
    for *corrected, beginning in product(*full, _beginnings_for(typed.last, dictionary)):
        candidate = Typed(tuple(corrected), beginning)
        if candidate != typed:
            yield candidate


def _words_for(word: str, dictionary: SuggestionDictionary) -> tuple[str, ...]:
    """Return what a complete word may mean: longer or similar words that are much more frequent, then itself.

    Shoppers leave words unfinished and type the next one: "runn shoes".
    """
    frequency = _frequency(word, dictionary, whole=True)
    if frequency >= RARE:
        return (word,)
    near = _near(word, dictionary, length=None)[:1]
    meant = [
        each
        for each in dict.fromkeys((*_unfinished(word, dictionary), *near))
        if _frequency(each, dictionary, whole=True) >= max(MIN_FREQUENCY, frequency * MUCH_MORE)
    ]
    return (*meant, word) if frequency or not meant else tuple(meant)


def _unfinished(word: str, dictionary: SuggestionDictionary) -> list[str]:
    """Return the most frequent words that begin with `word`."""
    if len(word) < MIN_UNFINISHED:
        return []
    first, end = dictionary.with_prefix(word)
    numbers = (number for number in range(first, end) if dictionary.words[number] != word)
    frequent = nlargest(
        MAX_UNFINISHED, numbers, key=lambda number: (int(dictionary.frequencies[number]), -number)
    )
    return [dictionary.words[number] for number in frequent]


def _beginnings_for(beginning: str, dictionary: SuggestionDictionary) -> tuple[str, ...]:
    """Return the beginnings that may be meant, the likeliest first."""
    frequency = _frequency(beginning, dictionary, whole=False)
    near = _near(beginning, dictionary, length=len(beginning))
    common = [each for each in near if _frequency(each, dictionary, whole=False) >= frequency * MUCH_MORE]
    known = (beginning,) if frequency or not common else ()
    return (*common[:MAX_CORRECTIONS], *known)


def _near(typed: str, dictionary: SuggestionDictionary, *, length: int | None) -> tuple[str, ...]:
    """Return similar words, or similar beginnings of about `length` letters."""
    edits = max_edits(typed)
    if not edits:
        return ()
    lengths = [0] if length is None else [length, length + 1, length - 1]
    # A wrong first letter is rare, except for one that was swapped with the second.
    found = {
        near: _likelihood(typed, near, dictionary, whole=length is None)
        for letter in dict.fromkeys(typed[:2])
        for each in lengths
        for near, _, _ in process.extract(
            typed, _candidates(dictionary, letter, each), scorer=OSA.distance, score_cutoff=edits, limit=20
        )
    }
    return tuple(sorted((near for near in found if near != typed), key=lambda near: (-found[near], near)))


def _likelihood(typed: str, near: str, dictionary: SuggestionDictionary, *, whole: bool) -> float:
    frequency = _frequency(near, dictionary, whole=whole)
    return math.log1p(frequency) - EDIT_PENALTY * edit_cost(typed, near)


def _frequency(text: str, dictionary: SuggestionDictionary, *, whole: bool) -> int:
    """Return how many products have this word, or words that begin so."""
    if whole:
        number = dictionary.number(text)
        return 0 if number is None else int(dictionary.frequencies[number])
    return dictionary.frequency(*dictionary.with_prefix(text))


def _candidates(dictionary: SuggestionDictionary, letter: str, length: int) -> list[str]:
    """Return the distinct beginnings of this length of the words with this letter; for 0, the words."""
    known = dictionary.beginnings.get((letter, length))
    if known is None:
        first, end = dictionary.with_prefix(letter)
        common = [
            word
            for number, word in enumerate(dictionary.words[first:end], first)
            if dictionary.frequencies[number] >= MIN_FREQUENCY
        ]
        known = (
            list(dict.fromkeys(word[:length] for word in common if len(word) >= length)) if length else common
        )
        dictionary.beginnings[letter, length] = known
    return known
