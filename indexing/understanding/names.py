"""Brands, categories and attribute values that a query names, learned from the catalogue."""

from collections.abc import Callable, Iterator, Sequence

from indexing.lexicon.values import NamedValue, ValueKind
from indexing.understanding.values import WordEvidence

LONGEST = 4
"""Words of a name."""
MAX_NAMED = 3
LEAST_PRODUCTS = 3
"""A value of fewer products may be an accident, such as a brand that is called "Women"."""


def named_values(
    words: Sequence[str], *, evidence: WordEvidence, stem: Callable[[str], str]
) -> tuple[NamedValue, ...]:
    """Return what the words name, the longest names first; words of one name are in no other."""
    stems = [stem(word) for word in words]
    return tuple(_named(stems, evidence))[:MAX_NAMED]


def _named(stems: Sequence[str], evidence: WordEvidence) -> Iterator[NamedValue]:
    used: set[int] = set()
    for length in range(min(LONGEST, len(stems)), 0, -1):
        for start in range(len(stems) - length + 1):
            places = range(start, start + length)
            if not used.isdisjoint(places):
                continue
            values = _usual(evidence.named(stems[start : start + length]))
            if values:
                used.update(places)
                yield from values


def _usual(values: Sequence[NamedValue]) -> list[NamedValue]:
    """Return the value with the most products of the kind that most products have."""
    known = [each for each in values if each.products >= LEAST_PRODUCTS]
    return [max(known, key=lambda each: (each.products, each.kind is ValueKind.CATEGORY))] if known else []
