"""Related searches: what a shopper may search for next, narrower or about the same thing.

They come from the queries of other shoppers that led to something, then from phrases of titles.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from itertools import chain

import numpy as np

from indexing.page import SearchSuggestion, SuggestionKind
from indexing.suggestions.arrays import Ids, Lists
from indexing.suggestions.dictionary import SuggestionDictionary
from indexing.suggestions.wording import words
from indexing.text import STOP_WORDS

SHARE = 0.5
"""Of the weight of the searched words that a related query has at least; rare words weigh more."""
MAX_FORMS = 50
"""Words with the same beginning that are compared with a searched one."""
CONSIDERED = 5
"""Entries that are looked at for each that is wanted, because some are the same search in other words."""

Stem = Callable[[str], str]


def related(
    dictionary: SuggestionDictionary, text: str, *, stem: Stem, limit: int
) -> tuple[SearchSuggestion, ...]:
    """Return searches that are related to a search for `text`, the most related first.

    Searches with the same words, whatever their order and inflection, are the same.
    """
    searched = [word for word in dict.fromkeys(words(text)) if word not in STOP_WORDS]
    groups = [group for group in (_forms(dictionary, word, stem) for word in searched) if len(group)]
    if not groups or not limit:
        return ()
    own = _same(searched, stem)
    found: dict[str, SearchSuggestion] = {}
    for each in chain(_queries(dictionary, groups, limit), _phrases(dictionary, groups, limit)):
        key = _same(words(each.text), stem)
        if key != own:
            found.setdefault(key, each)
        if len(found) == limit:
            break
    return tuple(found.values())


def _forms(dictionary: SuggestionDictionary, word: str, stem: Stem) -> Ids:
    """Return the numbers of the words with the stem of `word`."""
    wanted = stem(word)
    first, end = dictionary.with_prefix(wanted)
    places = range(first, min(end, first + MAX_FORMS))
    found = {place for place in places if stem(dictionary.words[place]) == wanted}
    own = dictionary.number(word)
    return np.array(sorted(found | ({own} if own is not None else set())), dtype=np.uint32)


def _same(found: Sequence[str], stem: Stem) -> str:
    """Return a key that two searches for the same have."""
    return " ".join(sorted({stem(word) for word in found if word not in STOP_WORDS}))


def _queries(
    dictionary: SuggestionDictionary, groups: Sequence[Ids], limit: int
) -> Iterator[SearchSuggestion]:
    """Yield the queries with the most of the words, by weight; of equal ones, the most successful first."""
    start, stop = dictionary.kind_ends.get(SuggestionKind.QUERY, (0, 0))
    scores = np.zeros(stop - start)
    weights = [_weight(dictionary, group) for group in groups]
    for group, weight in zip(groups, weights, strict=True):
        entries = _containing(dictionary.named_entries, group)
        scores[entries[(entries >= start) & (entries < stop)].astype(np.int64) - start] += weight
    places = np.flatnonzero(scores >= SHARE * sum(weights))
    order = np.lexsort((places, -scores[places]))[: limit * CONSIDERED]
    for place in places[order].tolist():
        each = dictionary.named[start + place]
        yield SearchSuggestion(each.kind, each.text, each.count)


def _phrases(
    dictionary: SuggestionDictionary, groups: Sequence[Ids], limit: int
) -> Iterator[SearchSuggestion]:
    """Yield the phrases of titles that have all of the words, the most frequent first."""
    entries = reduce(np.intersect1d, (_containing(dictionary.phrases, group) for group in groups))
    for place in entries[: limit * CONSIDERED].tolist():
        count = int(dictionary.phrase_counts[place])
        yield SearchSuggestion(SuggestionKind.PHRASE, dictionary.phrase(place), count)


def _containing(lists: Lists, numbers: Ids) -> Ids:
    """Return the entries that contain one of the words, in ascending order."""
    found, _ = lists.of_keys(numbers)
    return np.unique(found)


def _weight(dictionary: SuggestionDictionary, numbers: Ids) -> float:
    titles = len(dictionary.titles.ends) - 1
    return math.log(2 + titles / (1 + int(dictionary.frequencies[numbers].sum())))
