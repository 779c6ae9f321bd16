"""Synonyms of a shop, and the expansions of a query's words.

Expansions are not chained: if a set has "sofa" and "couch", and another one "couch" and "settee", a search
for "sofa" doesn't find settees.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from indexing.analysis import Analysis
from indexing.rules.words import DEFAULT_ANALYSIS, Phrase, phrase

MAX_EXPANSIONS = 10
"""Alternatives of one span of a query; each costs a query of its own."""


@dataclass(frozen=True, slots=True)
class SynonymSet:
    """Phrases that mean the same.

    Without a source, each phrase also finds the others. With one, only the source also finds the others.
    """

    phrases: tuple[str, ...]
    source: str = ""

    def directions(self) -> Iterable[tuple[str, tuple[str, ...]]]:
        """Return the phrases that are expanded, each with its alternatives."""
        if self.source:
            return [(self.source, self.phrases)]
        return [(each, tuple(other for other in self.phrases if other != each)) for each in self.phrases]


@dataclass(frozen=True, slots=True)
class Expansion:
    """Alternatives of the words `words[start:end]` of a query."""

    start: int
    end: int
    alternatives: tuple[Phrase, ...]


@dataclass(frozen=True, slots=True)
class Synonyms:
    """The synonyms that searches use, found by the stems of a span: those of "sofa" are also for "sofas"."""

    _by_first_stem: Mapping[str, Mapping[Phrase, tuple[Phrase, ...]]] = field(default_factory=dict)
    analysis: Analysis = DEFAULT_ANALYSIS

    @classmethod
    def of(cls, sets: Iterable[SynonymSet], analysis: Analysis = DEFAULT_ANALYSIS) -> "Synonyms":
        """Return the synonyms of these sets; sets with the same phrase are merged."""
        stop_words = analysis.language.stop_words
        expanded: dict[Phrase, dict[Phrase, None]] = {}
        for one in sets:
            for source, alternatives in one.directions():
                written = phrase(source, analysis)
                # Stop words of queries are ignored, those of products aren't.
                wanted = tuple(word for word in written if word not in stop_words) or written
                known = expanded.setdefault(tuple(map(analysis.term, wanted)), {})
                others = (phrase(each, analysis) for each in alternatives)
                known |= dict.fromkeys(each for each in others if each not in ((), written))
        by_first_stem: dict[str, dict[Phrase, tuple[Phrase, ...]]] = {}
        for spanned, found in expanded.items():
            if spanned and found:
                by_first_stem.setdefault(spanned[0], {})[spanned] = tuple(found)[:MAX_EXPANSIONS]
        return cls(by_first_stem, analysis)

    def expansions(self, words: Sequence[str]) -> tuple[Expansion, ...]:
        """Return the expansions of every span of `words` that has synonyms; `words` are forms."""
        if not self._by_first_stem:
            return ()
        stems = tuple(map(self.analysis.term, words))
        return tuple(
            Expansion(start, start + len(spanned), alternatives)
            for start, first in enumerate(stems)
            for spanned, alternatives in self._by_first_stem.get(first, {}).items()
            if stems[start : start + len(spanned)] == spanned
        )


NO_SYNONYMS = Synonyms()
