"""Completions of what a shopper types: phrases of titles, brands and categories."""

from collections.abc import Callable, Mapping, Sequence

from indexing.mapping import parts_of
from indexing.page import SearchSuggestion, SuggestionKind
from indexing.query import Evidence, plan
from indexing.request import MAX_QUERY_LENGTH
from indexing.text import words

MIN_PREFIX = 2
"""Letters; one letter is the beginning of too many phrases to be useful."""
MIN_PRODUCTS = 2
"""A phrase of a single title is suggested only if there are no others."""
MAX_NAMES = 3
"""The most brands, and the most categories, of one list."""

SUGGESTED = ("category_name", "brand_token", "phrase")
"""The exact fields whose values are suggested."""

Counts = Mapping[str, Sequence[tuple[str, int]]]
"""For each field of SUGGESTED, the values that begin with a prefix with their numbers of products."""
Complete = Callable[[str], Counts]


def suggestions(
    prefix: str, *, complete: Complete, evidence: Callable[[Sequence[str]], Evidence], limit: int
) -> tuple[SearchSuggestion, ...]:
    """Return completions of `prefix`: categories, then brands, then phrases, each by number of products.

    A prefix without completions is corrected word by word and tried once more.
    """
    typed = words(prefix)
    normalised = " ".join(typed)
    if not MIN_PREFIX <= len(normalised) <= MAX_QUERY_LENGTH:
        # Normalising can make a text longer: one character may stand for several words.
        return ()
    found = _completions(normalised, complete=complete, limit=limit)
    if found:
        return found
    corrected = plan(typed, evidence(typed)).corrected_text
    return _completions(corrected, complete=complete, limit=limit) if corrected else ()


def _completions(prefix: str, *, complete: Complete, limit: int) -> tuple[SearchSuggestion, ...]:
    counts = complete(prefix)
    named = [*_categories(counts), *_brands(counts)][:limit]
    named_texts = {suggestion.text.casefold() for suggestion in named}
    phrases = [each for each in _phrases(counts) if each.text not in named_texts]
    return (*named, *phrases[: limit - len(named)])


def _categories(counts: Counts) -> list[SearchSuggestion]:
    found = []
    for value, count in counts["category_name"]:
        _, name, slug = parts_of(value)
        found.append(SearchSuggestion(SuggestionKind.CATEGORY, name, count, slug))
    return sorted(found, key=_by_count)[:MAX_NAMES]


def _brands(counts: Counts) -> list[SearchSuggestion]:
    found = [
        SearchSuggestion(SuggestionKind.BRAND, parts_of(value)[1], count)
        for value, count in counts["brand_token"]
    ]
    return sorted(found, key=_by_count)[:MAX_NAMES]


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
    return sorted(found, key=_by_count)


def _beginning(phrase: str) -> str:
    """Return the phrase without its last word, which is redundant if all its products have the longer one.

    A phrase that ends with a number (a size, a count) does not replace the shorter one.
    """
    shorter, _, last = phrase.rpartition(" ")
    return "" if last.isdigit() else shorter


def _by_count(suggestion: SearchSuggestion) -> tuple[int, int, str]:
    return (-suggestion.count, len(suggestion.text), suggestion.text)
