"""What a shopper's words mean: each word a need, each need met by one of several alternatives.

The plan is made here, once, from evidence that the engine gathers about the words (how many products hold
them, which words are spelt alike); the engines only translate it. So that they rank alike, and the rules can
be read and tested without an engine.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexing.page import Matched
from indexing.spelling import Neighbour, corrections

FIELD_BOOSTS: Mapping[str, float] = {
    "title": 3.0,  # says what the thing is
    "brand": 2.0,  # often in the title too, and then counts twice, as it should
    "categories": 1.5,  # "lamp" should prefer lamps to lampshade paint
    "attributes": 1.0,  # colours and materials, which many products share
    "description": 0.5,  # says everything, also what the thing is not
}
EXACT_FORM_BOOST = 1.0
"""For the very form that was typed, anywhere but in the description: stems alone make crocs of a crock."""
PHRASE_BOOST = 1.0
"""For two neighbouring query words that a title holds together: "wine rack" before a rack for wine."""
RELAX_BELOW = 10
"""With fewer products than this holding every word, those that hold most, then any, are shown as well."""
SATISFIED_NEED_SCORE = 10.0
"""For each word a hit holds, once not all are asked for: about what a rare word in a title is worth."""
MOST = 0.6
"""The share of a query's words that "most" asks for."""

JOINED_WEIGHT = 0.9
"""For "macbook" where "mac book" was asked for, and the other way round: the same thing, spelt otherwise."""
MIN_PART = 3
"""Letters in each half of a split word; shorter halves are accidents ("car pet")."""

Term = tuple[str, ...]
"""One word, or several that must stand next to each other."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to meet a need."""

    term: Term
    weight: float


@dataclass(frozen=True, slots=True)
class Need:
    """Something a shopper asked for, and what meets it, best first."""

    word: str
    alternatives: tuple[Alternative, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A query as it will be searched for."""

    needs: tuple[Need, ...]
    corrected_text: str | None = None

    @property
    def words(self) -> tuple[str, ...]:
        """The words most likely meant, in order: what phrases are made of."""
        return tuple(dict.fromkeys(word for need in self.needs for word in need.alternatives[0].term))

    def levels(self) -> tuple[tuple[Matched, int], ...]:
        """Return how many needs a hit must meet, from all of them downwards."""
        count = len(self.needs)
        most = max(1, math.ceil(count * MOST))
        steps = {Matched.ALL: count, Matched.MOST: most, Matched.ANY: 1}
        distinct = {required: matched for matched, required in reversed(steps.items())}
        return tuple((matched, required) for required, matched in sorted(distinct.items(), reverse=True))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the engine knows about a query's words."""

    frequencies: Mapping[Term, int]
    """Products that hold the term, for every term of `lookups`."""
    neighbours: Mapping[str, Sequence[Neighbour]]
    """For words that no product holds: those of the vocabulary that are spelt alike."""


def lookups(words: Sequence[str]) -> tuple[Term, ...]:
    """Return the terms whose frequencies `plan` wants to know."""
    singles = [(word,) for word in words]
    joins = [(first + second,) for first, second in pairwise(words)]
    splits = [split for word in words for split in _splits(word)]
    return tuple(dict.fromkeys([*singles, *joins, *splits]))


def literal(words: Sequence[str]) -> Plan:
    """Return the plan of a query whose words are all known, and written as everybody writes them."""
    return Plan(tuple(Need(word, (Alternative((word,), 1.0),)) for word in words))


def plan(words: Sequence[str], evidence: Evidence) -> Plan:
    """Return how to search for `words`.

    A word that some product holds stands for itself: nothing is corrected that is not broken.
    """
    needs = tuple(_need(word, words, evidence) for word in words)
    understood = Plan(needs)
    corrected = " ".join(understood.words)
    return understood if understood.words == tuple(words) else Plan(needs, corrected)


def _need(word: str, words: Sequence[str], evidence: Evidence) -> Need:
    found: dict[Term, float] = {}
    frequency = evidence.frequencies.get((word,), 0)
    if frequency:
        found[(word,)] = 1.0
    for term in _respelt(word, words):
        if evidence.frequencies.get(term, 0) > frequency:
            found.setdefault(term, JOINED_WEIGHT if frequency else 1.0)
    if not found:
        for correction in corrections(word, evidence.neighbours.get(word, ())):
            found[(correction.word,)] = correction.weight
    if not found:
        found[(word,)] = 1.0
    return Need(word, tuple(Alternative(term, weight) for term, weight in found.items()))


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
