"""Complete what was typed, from the suggestion dictionary.

Words may be typed in any order. A reading is what was typed, or a correction of it; corrections are tried
only if what was typed has too few completions.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, compress, islice, zip_longest
from operator import not_

from indexing.page import SearchSuggestion, SuggestionKind
from indexing.suggestions.arrays import smallest
from indexing.suggestions.composing import composed
from indexing.suggestions.correcting import corrections_of
from indexing.suggestions.dictionary import Named, SuggestionDictionary
from indexing.suggestions.reading import Reading
from indexing.suggestions.typed import Typed
from indexing.suggestions.wording import words
from indexing.text import STOP_WORDS

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
    understood, typed_text = typed, typed.text
    for meant in islice(_meant(typed, dictionary), MAX_READINGS):
        known_before = len(found)
        for each in _of_reading(Reading.of(meant, dictionary), limit=limit):
            found.setdefault(_distinct(each, typed_text), each)
            if len(found) == limit:
                break
        if not known_before and found:
            understood = meant
        if len(found) == limit:
            break
    return understood, tuple(found.values())


def unprompted(dictionary: SuggestionDictionary, *, limit: int) -> Iterator[SearchSuggestion]:
    """Yield what is suggested before anything is typed: trending queries, then popular ones."""
    seen: set[str] = set()
    for each in dictionary.unprompted:
        if each.text not in seen and len(seen) < limit:
            seen.add(each.text)
            yield SearchSuggestion(each.kind, each.text, each.count)


def _meant(typed: Typed, dictionary: SuggestionDictionary) -> Iterator[Typed]:
    yield typed
    content = tuple(word for word in typed.full if word not in STOP_WORDS)
    if content != typed.full:
        # Titles say "women kurti" or "kurti, women" more often than "kurti for women".
        typed = Typed(content, typed.last)
        if typed.is_long_enough:
            yield typed
    yield from corrections_of(typed, dictionary)


def _distinct(suggestion: SearchSuggestion, typed_text: str) -> str:
    """Return a key by which two suggestions are the same: the same words, in whatever order."""
    is_normalised = suggestion.kind is SuggestionKind.PHRASE
    normalised = suggestion.text.split() if is_normalised else words(suggestion.text)
    return typed_text if " ".join(normalised) == typed_text else " ".join(sorted(normalised))


def _of_reading(reading: Reading | None, *, limit: int) -> Iterator[SearchSuggestion]:
    """Yield queries, categories, brands and phrases; queries leave room for the names."""
    if reading is None:
        return
    kinds = (SuggestionKind.CATEGORY, SuggestionKind.BRAND)
    names = [each for kind in kinds for each in _named(reading, kind, most=MAX_NAMES)]
    yield from _named(reading, SuggestionKind.QUERY, most=max(1, limit - len(names)))
    yield from names
    yield from _phrases(reading, limit=limit)


def _named(reading: Reading, kind: SuggestionKind, *, most: int) -> Iterator[SearchSuggestion]:
    dictionary = reading.dictionary
    start, stop = dictionary.kind_ends.get(kind, (0, 0))
    if start == stop:
        return
    matching = reading.matching(dictionary.named_entries)
    of_kind = matching[(matching >= start) & (matching < stop)]
    entries = [dictionary.named[place] for place in smallest(of_kind, most * _CONSIDERED).tolist()]
    for each in islice(_begun_first(entries, reading.typed.text), most):
        yield SearchSuggestion(each.kind, each.text, each.count, each.slug)


def _phrases(reading: Reading, *, limit: int) -> Iterator[SearchSuggestion]:
    """Yield phrases that begin as typed, in turns with composed ones, then those in another order."""
    dictionary = reading.dictionary
    if not reading.full:
        first = dictionary.phrases_first.between(reading.first, reading.end)
        yield from (_phrase(dictionary, place) for place in smallest(first, limit).tolist())
    places = smallest(reading.matching(dictionary.phrases), limit * _CONSIDERED)
    if reading.full:
        begun = [_phrase(dictionary, place) for place in reading.begins(places).tolist()]
        if not begun:
            # The words were typed in another order than titles have them.
            yield from (_phrase(dictionary, place) for place in places.tolist())
        for pair in zip_longest(begun, composed(reading, limit=limit)):
            yield from (each for each in pair if each is not None)
    yield from (_phrase(dictionary, place) for place in places.tolist())


def _phrase(dictionary: SuggestionDictionary, place: int) -> SearchSuggestion:
    return SearchSuggestion(
        SuggestionKind.PHRASE, dictionary.phrase(place), int(dictionary.phrase_counts[place])
    )


def _begun_first(entries: list[Named], beginning: str) -> Iterable[Named]:
    """Return the entries that begin with `beginning` before the others."""
    begun = [" ".join(words(each.text)).startswith(beginning) for each in entries]
    return chain(compress(entries, begun), compress(entries, map(not_, begun)))
