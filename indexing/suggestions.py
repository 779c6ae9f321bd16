"""What a shopper may be about to type: phrases of titles, brands and categories."""

from collections.abc import Callable, Iterable, Sequence

from indexing.mapping import parts_of
from indexing.page import Suggestion, SuggestionKind
from indexing.query import Evidence, plan
from indexing.text import words

MIN_PREFIX = 2
"""Letters; one letter begins a third of all phrases, and says nothing."""
MIN_PRODUCTS = 2
"""A phrase of a single title is not how people call things, unless there is nothing better."""
MAX_NAMES = 3
"""Brands, and categories, in one list."""

Complete = Callable[[str, str], Iterable[tuple[str, int]]]
"""(field, prefix) → the exact values that begin so, each with its number of products."""


def suggestions(
    prefix: str, *, complete: Complete, evidence: Callable[[Sequence[str]], Evidence], limit: int
) -> tuple[Suggestion, ...]:
    """Return completions of `prefix`: categories, then brands, then phrases, each by number of products.

    A prefix that begins nothing is corrected word by word and tried once more.
    """
    typed = words(prefix)
    if sum(map(len, typed)) < MIN_PREFIX:
        return ()
    found = _completions(" ".join(typed), complete=complete, limit=limit)
    if found:
        return found
    corrected = plan(typed, evidence(typed)).corrected_text
    return _completions(corrected, complete=complete, limit=limit) if corrected else ()


def _completions(prefix: str, *, complete: Complete, limit: int) -> tuple[Suggestion, ...]:
    named = [*_categories(prefix, complete), *_brands(prefix, complete)][:limit]
    taken = {suggestion.text.casefold() for suggestion in named}
    phrases = [each for each in _phrases(prefix, complete) if each.text not in taken]
    return (*named, *phrases[: limit - len(named)])


def _categories(prefix: str, complete: Complete) -> list[Suggestion]:
    found = []
    for value, count in complete("category_name", prefix):
        _, name, slug = parts_of(value)
        found.append(Suggestion(SuggestionKind.CATEGORY, name, count, slug))
    return sorted(found, key=_fullest)[:MAX_NAMES]


def _brands(prefix: str, complete: Complete) -> list[Suggestion]:
    found = [
        Suggestion(SuggestionKind.BRAND, parts_of(value)[1], count)
        for value, count in complete("brand_token", prefix)
    ]
    return sorted(found, key=_fullest)[:MAX_NAMES]


def _phrases(prefix: str, complete: Complete) -> list[Suggestion]:
    counts = dict(complete("phrase", prefix))
    common = {phrase: count for phrase, count in counts.items() if count >= MIN_PRODUCTS} or counts
    found = [
        Suggestion(SuggestionKind.PHRASE, phrase, count)
        for phrase, count in common.items()
        if not _continues(phrase, count, common)
    ]
    return sorted(found, key=_fullest)


def _continues(phrase: str, count: int, counts: dict[str, int]) -> bool:
    """Whether every product of the phrase is already behind the phrase that it begins with."""
    shorter, _, _ = phrase.rpartition(" ")
    return counts.get(shorter) == count


def _fullest(suggestion: Suggestion) -> tuple[int, int, str]:
    return (-suggestion.count, len(suggestion.text), suggestion.text)
