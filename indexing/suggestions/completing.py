"""Complete what was typed, from the suggestion dictionary.

Words may be typed in any order. A reading is what was typed, or a correction of it; corrections are tried
only if what was typed has too few completions.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, compress, islice, zip_longest
from operator import not_

import numpy as np

from indexing.page import SearchSuggestion, SuggestionKind
from indexing.suggestions.arrays import Ids, Lists, smallest
from indexing.suggestions.composing import composed
from indexing.suggestions.correcting import corrections_of
from indexing.suggestions.dictionary import Named, SuggestionDictionary
from indexing.suggestions.typed import Typed
from indexing.text import words

MAX_NAMES = 2
"""The most brands, and the most categories, of one list."""
MAX_READINGS = 3
_CONSIDERED = 5
"""Entries that are looked at for each that is wanted: those that begin as typed come before better ones."""


def completions(
    dictionary: SuggestionDictionary, text: str, *, limit: int
) -> tuple[Typed, tuple[SearchSuggestion, ...]]:
    """Return what was understood as typed, and completions of it: queries, categories, brands, phrases."""
    typed = Typed.of(text)
    if not typed.is_long_enough:
        return typed, ()
    found: dict[str, SearchSuggestion] = {}
    understood = typed
    for reading in islice(_readings(typed, dictionary), MAX_READINGS):
        before = len(found)
        for each in _of_reading(reading, dictionary, limit=limit):
            found.setdefault(_distinct(each.text, typed), each)
        if not before and found:
            understood = reading
        if len(found) >= limit:
            break
    return understood, tuple(islice(found.values(), limit))


def unprompted(dictionary: SuggestionDictionary, *, limit: int) -> Iterator[SearchSuggestion]:
    """Yield what is suggested before anything is typed: trending queries, then popular ones."""
    seen: set[str] = set()
    for each in dictionary.unprompted:
        if each.text not in seen and len(seen) < limit:
            seen.add(each.text)
            yield SearchSuggestion(each.kind, each.text, each.count)


def _distinct(text: str, typed: Typed) -> str:
    """Return a key by which two suggestions are the same: the same words, in whatever order."""
    normalised = words(text)
    return typed.text if " ".join(normalised) == typed.text else " ".join(sorted(normalised))


def _readings(typed: Typed, dictionary: SuggestionDictionary) -> Iterator[Typed]:
    yield typed
    yield from corrections_of(typed, dictionary)


def _of_reading(typed: Typed, dictionary: SuggestionDictionary, *, limit: int) -> Iterator[SearchSuggestion]:
    numbers = [dictionary.number(word) for word in typed.full]
    if None in numbers:
        return
    full = np.asarray(numbers, dtype=np.uint32)
    first, end = dictionary.with_prefix(typed.last) if typed.last else (0, 0)
    named = _matching(dictionary.named_entries, full, first, end)
    for kind, most in _most(limit).items():
        yield from _named(dictionary, named, kind, typed, most=most)
    yield from _phrases(dictionary, typed, full, first, end, limit=limit)


def _most(limit: int) -> dict[SuggestionKind, int]:
    """Return the kinds of named suggestions in their order, with the most of each."""
    return {
        SuggestionKind.QUERY: limit,
        SuggestionKind.CATEGORY: MAX_NAMES,
        SuggestionKind.BRAND: MAX_NAMES,
    }


def _matching(lists: Lists, full: Ids, first: int, end: int) -> Ids:
    """Return the entries that contain every word of `full`, and a word from `first` to before `end`."""
    if not len(full):
        return lists.between(first, end)
    found = lists.between(int(full[0]), int(full[0]) + 1)
    for number in full[1:].tolist():
        found = found[np.isin(found, lists.between(number, number + 1))]
    return found[np.isin(found, lists.between(first, end))] if end > first else found


def _named(
    dictionary: SuggestionDictionary, matching: Ids, kind: SuggestionKind, typed: Typed, *, most: int
) -> Iterator[SearchSuggestion]:
    start, stop = dictionary.kind_ends.get(kind, (0, 0))
    of_kind = matching[(matching >= start) & (matching < stop)]
    entries = [dictionary.named[place] for place in smallest(of_kind, most * _CONSIDERED).tolist()]
    for each in islice(_begun_first(entries, typed.text), most):
        yield SearchSuggestion(each.kind, each.text, each.count, each.slug)


def _phrases(
    dictionary: SuggestionDictionary, typed: Typed, full: Ids, first: int, end: int, *, limit: int
) -> Iterator[SearchSuggestion]:
    """Yield phrases that begin as typed, in turns with composed ones, then those in another order."""
    if len(full):
        places = smallest(_matching(dictionary.phrases, full, first, end), limit * _CONSIDERED).tolist()
        begun = [place for place in places if dictionary.phrase(place).startswith(typed.text)]
    else:
        begun = smallest(dictionary.phrases_first.between(first, end), limit).tolist()
        places = (
            smallest(dictionary.phrases.between(first, end), limit).tolist() if len(begun) < limit else []
        )
    known = [_phrase(dictionary, place) for place in begun or places]
    for pair in zip_longest(known, composed(dictionary, typed, full, first, end, limit=limit)):
        yield from (each for each in pair if each is not None)
    yield from (_phrase(dictionary, place) for place in places)


def _phrase(dictionary: SuggestionDictionary, place: int) -> SearchSuggestion:
    return SearchSuggestion(
        SuggestionKind.PHRASE, dictionary.phrase(place), int(dictionary.phrase_counts[place])
    )


def _begun_first(entries: list[Named], beginning: str) -> Iterable[Named]:
    """Return the entries that begin with `beginning` before the others."""
    begun = [" ".join(words(each.text)).startswith(beginning) for each in entries]
    return chain(compress(entries, begun), compress(entries, map(not_, begun)))
