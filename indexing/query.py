"""The plan of a query: a need for each word, and alternatives that satisfy each need.

The plan is made from evidence that an engine gathers about the words: how many products contain them, and
which words are spelt similarly. Engines only translate the plan. Therefore both rank in the same way, and the
rules can be tested without an engine.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexing.page import Matched
from indexing.rules.synonyms import NO_SYNONYMS, Synonyms
from indexing.spelling import Neighbour, corrections

FIELD_BOOSTS: Mapping[str, float] = {
    "title": 3.0,  # names the product
    "brand": 2.0,  # often in the title too, and then intentionally counts twice
    "categories": 1.5,  # for "lamp", lamps rank before lampshade paint
    "attributes": 1.0,  # colours and materials, which many products share
    "description": 0.5,  # also mentions what the product is not
}
MOST = 0.6
"""The share of a query's words that "most" requires."""

JOINED_WEIGHT = 0.9
"""For "macbook" if the query is "mac book", and vice versa."""
SYNONYM_WEIGHT = 0.9
"""Products with the word that was typed rank before products that only have a synonym."""
MIN_PART = 3
"""Letters in each half of a split word; shorter halves are usually accidental ("car pet")."""

Term = tuple[str, ...]
"""One word, or several adjacent ones."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One term that satisfies a need."""

    term: Term
    weight: float


@dataclass(frozen=True, slots=True)
class Need:
    """A word of the query, and the alternatives that satisfy it, best first."""

    word: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """The needs of a query, and its corrected text if a word was corrected."""

    needs: tuple[Need, ...]
    corrected_text: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The likeliest words in order, for phrase matching."""
        return tuple(dict.fromkeys(word for need in self.needs for word in need.alternatives[0].term))

    def levels(self) -> tuple[tuple[Matched, int], ...]:
        """Return how many needs a hit must satisfy, from all of them downwards."""
        count = len(self.needs)
        most = max(1, math.ceil(count * MOST))
        steps = {Matched.ALL: count, Matched.MOST: most, Matched.ANY: 1}
        distinct = {required: matched for matched, required in reversed(steps.items())}
        return tuple((matched, required) for required, matched in sorted(distinct.items(), reverse=True))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What an engine has found about a query's words."""

    frequencies: Mapping[Term, int]
    """Numbers of products that contain each term of `lookups`."""
    neighbours: Mapping[str, Sequence[Neighbour]]
    """For words that no product contains, similarly spelt words of the vocabulary."""


def lookups(words: Sequence[str], *, joined_and_split: bool = True) -> tuple[Term, ...]:
    """Return the terms whose frequencies `plan` needs: each word, and if wanted its joins and splits."""
    singles = [(word,) for word in words]
    if not joined_and_split:
        return tuple(dict.fromkeys(singles))
    joins = [(first + second,) for first, second in pairwise(words)]
    splits = [split for word in words for split in _splits(word)]
    return tuple(dict.fromkeys([*singles, *joins, *splits]))


def literal(words: Sequence[str], synonyms: Synonyms = NO_SYNONYMS) -> Plan:
    """Return the plan of a query without corrections."""
    needs: list[dict[Term, float]] = [{(word,): 1.0} for word in words]
    return Plan(_with_synonyms(words, needs, synonyms))


def plan(words: Sequence[str], evidence: Evidence, synonyms: Synonyms = NO_SYNONYMS) -> Plan:
    """Return how to search for `words`.

    A word that a product contains, or that has synonyms, is never corrected.
    """
    known = {place for each in synonyms.expansions(words) for place in range(each.start, each.end)}
    found = [_terms(word, words, evidence, is_known=place in known) for place, word in enumerate(words)]
    needs = _with_synonyms(words, found, synonyms)
    planned = Plan(needs)
    corrected = " ".join(planned.words)
    return planned if planned.words == tuple(words) else Plan(needs, corrected)


def _with_synonyms(
    words: Sequence[str], found: Sequence[dict[Term, float]], synonyms: Synonyms
) -> tuple[Need, ...]:
    """Return the needs; the alternatives of a span of words satisfy the need of each of its words."""
    for expansion in synonyms.expansions(words):
        for terms in found[expansion.start : expansion.end]:
            for alternative in expansion.alternatives:
                terms.setdefault(alternative, SYNONYM_WEIGHT)
    return tuple(
        Need(word, tuple(Alternative(term, weight) for term, weight in terms.items()))
        for word, terms in zip(words, found, strict=True)
    )


def _terms(word: str, words: Sequence[str], evidence: Evidence, *, is_known: bool) -> dict[Term, float]:
    found: dict[Term, float] = {}
    frequency = evidence.frequencies.get((word,), 0)
    if frequency:
        found[(word,)] = 1.0
    for term in _respelt(word, words):
        if evidence.frequencies.get(term, 0) > frequency:
            found.setdefault(term, JOINED_WEIGHT if frequency else 1.0)
    if not found and not is_known:
        for correction in corrections(word, evidence.neighbours.get(word, ())):
            found[(correction.word,)] = correction.weight
    if not found:
        found[(word,)] = 1.0
    return found


def _respelt(word: str, words: Sequence[str]) -> Iterator[Term]:
    for first, second in pairwise(words):
        if word in (first, second):
            yield (first + second,)
    yield from _splits(word)


def _splits(word: str) -> Iterator[Term]:
    for place in range(1, len(word)):
        head, tail = word[:place], word[place:]
        changes_kind = head[-1].isdigit() != tail[0].isdigit()
        if changes_kind or min(len(head), len(tail)) >= MIN_PART:
            yield (head, tail)
