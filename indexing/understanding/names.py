"""Brands, categories and attribute values that a query names, learned from the catalogue."""

from collections.abc import Iterator, Sequence

from indexing.lexicon.values import NamedValue, ValueKind
from indexing.understanding.values import WordEvidence

LONGEST = 4
"""Words of a name."""
MAX_NAMED = 3
NAMED_SHARE = 0.5
"""The share of the products with the words of a name that have the value, from which on the words mean it."""


def named_values(stems: Sequence[str], *, evidence: WordEvidence) -> tuple[NamedValue, ...]:
    """Return what the words with these stems name, the longest names first; no word is part of two names."""
    return tuple(_named(stems, evidence))[:MAX_NAMED]


def _named(stems: Sequence[str], evidence: WordEvidence) -> Iterator[NamedValue]:
    used: set[int] = set()
    for length in range(min(LONGEST, len(stems)), 0, -1):
        for start in range(len(stems) - length + 1):
            places = range(start, start + length)
            name = stems[start : start + length]
            if used.isdisjoint(places) and (value := _meant(name, evidence)) is not None:
                used.update(places)
                yield value


def _meant(name: Sequence[str], evidence: WordEvidence) -> NamedValue | None:
    """Return the value that most of the products with the words have."""
    values = evidence.named(name)
    if not values:
        return None
    best = max(values, key=lambda each: (each.products, each.kind is ValueKind.CATEGORY))
    having_words = min(map(evidence.stem_frequency, name))
    return best if best.products >= NAMED_SHARE * having_words else None
