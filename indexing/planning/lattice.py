"""The likeliest sequence of hypotheses over all words of a query.

A hypothesis covers one word or several; the score of a sequence is the sum of the hypotheses' scores and of
the pair scores where they meet (the Viterbi algorithm over a lattice, forwards and backwards).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from indexing.planning.hypotheses import Hypothesis
from indexing.planning.vocabulary import Vocabulary


@dataclass(frozen=True, slots=True)
class Choice:
    """A hypothesis of the likeliest sequence, and others of the same span."""

    best: Hypothesis
    others: tuple[tuple[Hypothesis, float], ...]
    """Each with the likelihood of the best sequence through it, relative to the best of all; best first."""


def likeliest(hypotheses: Sequence[Hypothesis], *, words: int, vocabulary: Vocabulary) -> list[Choice]:
    """Return the likeliest sequence over `words` words; single words have at least one hypothesis each."""
    pair_score = cache(vocabulary.pair_score)

    def link(first: Hypothesis, second: Hypothesis) -> float:
        return pair_score(first.words[-1], second.words[0])

    ordered = sorted(hypotheses, key=lambda each: (each.start, each.end, -each.score, each.words))
    starting: list[list[Hypothesis]] = [[] for _ in range(words + 1)]
    ending: list[list[Hypothesis]] = [[] for _ in range(words + 1)]
    for one in ordered:
        starting[one.start].append(one)
        ending[one.end].append(one)
    forward: dict[Hypothesis, float] = {}
    previous: dict[Hypothesis, Hypothesis | None] = {}
    for one in ordered:
        before = [(forward[other] + link(other, one), other) for other in ending[one.start]]
        score, source = max(before, key=lambda each: each[0], default=(0.0, None))
        forward[one], previous[one] = score + one.score, source
    backward: dict[Hypothesis, float] = {}
    for one in reversed(ordered):
        after = [other.score + backward[other] + link(one, other) for other in starting[one.end]]
        backward[one] = max(after, default=0.0)
    through = {one: forward[one] + backward[one] for one in ordered}
    return [_choice(best, through) for best in _path(max(ending[words], key=forward.__getitem__), previous)]


def _path(last: Hypothesis, previous: dict[Hypothesis, Hypothesis | None]) -> list[Hypothesis]:
    path, step = [], previous[last]
    while step is not None:
        path.append(step)
        step = previous[step]
    return [*path[::-1], last]


def _choice(best: Hypothesis, through: dict[Hypothesis, float]) -> Choice:
    others = [
        (one, math.exp(score - through[best]))
        for one, score in through.items()
        if (one.start, one.end) == (best.start, best.end) and one != best
    ]
    return Choice(best, tuple(sorted(others, key=lambda each: (-each[1], each[0].words))))
