"""What a shopper may be about to type: phrases of titles, brands and categories."""

from collections.abc import Callable, Mapping, Sequence

from indexing.mapping import parts_of
from indexing.page import SearchSuggestion, SuggestionKind
from indexing.query import Evidence, plan
from indexing.request import MAX_QUERY_LENGTH
from indexing.text import words

MIN_PREFIX = 2
"""Letters; one letter begins a third of all phrases, and says nothing."""
MIN_PRODUCTS = 2
"""A phrase of a single title is not how people call things, unless there is nothing better."""
MAX_NAMES = 3
"""Brands, and categories, in one list."""

SUGGESTED = ("category_name", "brand_token", "phrase")
"""The exact fields whose values are suggested."""

Counts = Mapping[str, Sequence[tuple[str, int]]]
"""For each field of SUGGESTED the values that begin with some prefix, each with its number of products."""
Complete = Callable[[str], Counts]


def suggestions(
    prefix: str, *, complete: Complete, evidence: Callable[[Sequence[str]], Evidence], limit: int
) -> tuple[SearchSuggestion, ...]:
    """Return completions of `prefix`: categories, then brands, then phrases, each by number of products.

    A prefix that begins nothing is corrected word by word and tried once more.
    """
    typed = words(prefix)
    begun = " ".join(typed)
    if not MIN_PREFIX <= len(begun) <= MAX_QUERY_LENGTH:
        # Longer than what was typed, where one character stands for several words; nothing begins so.
        return ()
    found = _completions(begun, complete=complete, limit=limit)
    if found:
        return found
    corrected = plan(typed, evidence(typed)).corrected_text
    return _completions(corrected, complete=complete, limit=limit) if corrected else ()


def _completions(prefix: str, *, complete: Complete, limit: int) -> tuple[SearchSuggestion, ...]:
    counts = complete(prefix)
    named = [*_categories(counts), *_brands(counts)][:limit]
    taken = {suggestion.text.casefold() for suggestion in named}
    phrases = [each for each in _phrases(counts) if each.text not in taken]
    return (*named, *phrases[: limit - len(named)])


def _categories(counts: Counts) -> list[SearchSuggestion]:
    found = []
    for value, count in counts["category_name"]:
        _, name, slug = parts_of(value)
        found.append(SearchSuggestion(SuggestionKind.CATEGORY, name, count, slug))
    return sorted(found, key=_fullest)[:MAX_NAMES]


def _brands(counts: Counts) -> list[SearchSuggestion]:
    found = [
        SearchSuggestion(SuggestionKind.BRAND, parts_of(value)[1], count)
        for value, count in counts["brand_token"]
    ]
    return sorted(found, key=_fullest)[:MAX_NAMES]


def _phrases(counts: Counts) -> list[SearchSuggestion]:
    known = dict(counts["phrase"])
    common = {phrase: count for phrase, count in known.items() if count >= MIN_PRODUCTS} or known
    beginnings = {
        _beginning(phrase) for phrase, count in common.items() if count == common.get(_beginning(phrase))
    }
    found = [
        SearchSuggestion(SuggestionKind.PHRASE, phrase, count)
        for phrase, count in common.items()
        if phrase not in beginnings
    ]
    return sorted(found, key=_fullest)


def _beginning(phrase: str) -> str:
    """Return the phrase less its last word: where all its products have the longer one, it says nothing.

    A number in the end is a size or a count, and no better name for the thing.
    """
    shorter, _, last = phrase.rpartition(" ")
    return "" if last.isdigit() else shorter


def _fullest(suggestion: SearchSuggestion) -> tuple[int, int, str]:
    return (-suggestion.count, len(suggestion.text), suggestion.text)
