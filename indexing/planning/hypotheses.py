"""What one word of a query, or two adjacent ones, may stand for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest
from itertools import pairwise

from indexing.planning.channel import edit_penalty, max_edits
from indexing.planning.plan import AlternativeKind, Term
from indexing.planning.vocabulary import Vocabulary

SPLIT_PENALTY = 3.0
"""For a space that was left out."""
COMPOUND_PENALTY = 5.0
"""In addition, if no title has the parts beside each other."""
JOIN_PENALTY = 2.0
"""For a space too many."""
MAX_HYPOTHESES = 6
"""Of one span."""
MIN_PART = 3
MIN_MISSPELT_PART = 4
MIN_MISSPELT_SPLIT = 8
"""Letters of a word that is split although one of its parts is misspelt ("waterbotle")."""


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The words that the query's words `start` to `end` may stand for, without regard to the others."""

    start: int
    end: int
    words: Term
    score: float
    """The logarithm of the probability of the words and of the way they were typed."""
    kind: AlternativeKind


@dataclass(frozen=True, slots=True)
class Spelling:
    """Finds the hypotheses of misspelt, joined and split words."""

    vocabulary: Vocabulary
    links: Sequence[str] = ()
    """Letters that the shop's language inserts between the parts of a compound."""

    def literal(self, position: int, form: str) -> Hypothesis:
        """Return the hypothesis that the word is meant as it was typed."""
        score = self.vocabulary.word_score(form)
        return Hypothesis(position, position + 1, (form,), score, AlternativeKind.LITERAL)

    def respelt(self, position: int, form: str, *, also_split: bool = True) -> list[Hypothesis]:
        """Return the best hypotheses that the word was misspelt or lacks a space, or both with `also_split`.

        A word that more than a few products have is what was meant.
        """
        if self.vocabulary.frequency(form) > self.vocabulary.rare:
            return []
        both = dict(self._misspelt_splits(form)) if also_split else {}
        terms = both | dict(self._splits(form))
        found = [
            Hypothesis(position, position + 1, words, score, AlternativeKind.SPLIT)
            for words, score in terms.items()
        ]
        found += [
            Hypothesis(position, position + 1, (word,), score, AlternativeKind.CORRECTED)
            for word, score in self._corrections(form, max_edits(form))
        ]
        return nlargest(MAX_HYPOTHESES, found, key=_by_score)

    def joined(self, position: int, first: str, second: str) -> list[Hypothesis]:
        """Return the hypotheses that two words, one of which no product has, are one word."""
        form = first + second
        found = [(form, self.vocabulary.word_score(form))] if self.vocabulary.family(form) else []
        found += self._corrections(form, max_edits(form))
        return nlargest(
            MAX_HYPOTHESES,
            (
                Hypothesis(position, position + 2, (word,), score - JOIN_PENALTY, AlternativeKind.JOINED)
                for word, score in found
            ),
            key=_by_score,
        )

    def _corrections(self, form: str, edits: int) -> list[tuple[str, float]]:
        if not edits:
            return []
        return [
            (near.word, self.vocabulary.word_score(near.word) - edit_penalty(form, near.word))
            for near in self.vocabulary.lexicon.near(form, edits)
            if self.vocabulary.stem(near.word) != self.vocabulary.stem(form)
        ]

    def _splits(self, form: str) -> Iterator[tuple[Term, float]]:
        for found in self.vocabulary.lexicon.segmentations(form, links=self.links):
            if not (found.is_written or form.isalpha()):
                continue
            penalty = SPLIT_PENALTY if found.is_written else SPLIT_PENALTY + COMPOUND_PENALTY
            yield found.parts, self._sequence_score(found.parts) - penalty

    def _misspelt_splits(self, form: str) -> Iterator[tuple[Term, float]]:
        """Yield two words of which one is known and the other misspelt, if titles have them so."""
        if len(form) < MIN_MISSPELT_SPLIT or not form.isalpha():
            return
        for place in range(MIN_PART, len(form) - MIN_PART + 1):
            head, tail = form[:place], form[place:]
            for known, other, tail_is_other in ((head, tail, True), (tail, head, False)):
                if len(other) < MIN_MISSPELT_PART or not self.vocabulary.frequency(known):
                    continue
                for near in self.vocabulary.lexicon.near(other, 1):
                    words = (known, near.word) if tail_is_other else (near.word, known)
                    if self.vocabulary.pair(*words):
                        penalty = edit_penalty(other, near.word) + SPLIT_PENALTY
                        yield words, self._sequence_score(words) - penalty

    def _sequence_score(self, words: Term) -> float:
        alone = sum(map(self.vocabulary.word_score, words))
        return alone + sum(self.vocabulary.pair_score(*pair) for pair in pairwise(words))


def _by_score(hypothesis: Hypothesis) -> tuple[float, Term]:
    return (hypothesis.score, hypothesis.words)
