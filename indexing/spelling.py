"""Correct words that no product contains, with a noisy channel over the shop's vocabulary.

A candidate's likelihood is the frequency of its word times the probability of the edits from it to the typed
word (Kernighan, Church and Gale, "A spelling correction program based on a noisy channel model", 1990). The
channel is a weighted Damerau-Levenshtein distance: confused vowels, doubled letters and swapped neighbours
cost less than other edits, and a wrong first letter costs more.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

VOWELS = frozenset("aeiouy")
EDIT_PENALTY = 6.0
"""Each edit divides the likelihood by e to this power: a word must be 400 times as frequent to offset one."""
VOWEL_FOR_VOWEL = 0.6
DOUBLED_LETTER = 0.6
SWAPPED_LETTERS = 0.7
FIRST_LETTER = 0.5
"""Added when the first letter differs."""

MAX_CORRECTIONS = 3
MIN_WEIGHT = 0.1
"""Candidates with less than a tenth of the best one's likelihood are left out."""

SHORT = 3
LONG = 6
"""Minimum lengths of words for one edit and for two, as in Elasticsearch's AUTO fuzziness."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A word of the vocabulary, and the number of products that contain it."""

    word: str
    frequency: int


@dataclass(frozen=True, slots=True)
class Correction:
    """A candidate with its likelihood relative to the best one's, which is 1."""

    word: str
    weight: float


def max_edits(word: str) -> int:
    """Return the maximum number of edits to a correction of `word`; 0 for codes and short words."""
    if len(word) < SHORT or any(letter.isdigit() for letter in word):
        return 0
    return 2 if len(word) >= LONG else 1


def corrections(word: str, neighbours: Sequence[Neighbour]) -> tuple[Correction, ...]:
    """Return the likeliest `neighbours`, best first."""
    scored = sorted(
        (
            (math.log1p(each.frequency) - EDIT_PENALTY * edit_cost(word, each.word), each.word)
            for each in neighbours
        ),
        key=lambda pair: (-pair[0], pair[1]),
    )
    weights = [(candidate, math.exp(score - scored[0][0])) for score, candidate in scored[:MAX_CORRECTIONS]]
    return tuple(Correction(candidate, weight) for candidate, weight in weights if weight >= MIN_WEIGHT)


def edit_cost(typed: str, meant: str) -> float:
    """Return the cost of typing `typed` for `meant`: 0 for equal words, about 1 for each edit."""
    rows = [[float(column) for column in range(len(meant) + 1)]]
    for i in range(1, len(typed) + 1):
        row = [float(i)]
        for j in range(1, len(meant) + 1):
            row.append(
                min(
                    rows[i - 1][j] + _extra(typed, i),
                    row[j - 1] + _extra(meant, j),
                    rows[i - 1][j - 1] + _replaced(typed[i - 1], meant[j - 1]),
                    rows[i - 2][j - 2] + SWAPPED_LETTERS if _swapped(typed, meant, i, j) else math.inf,
                )
            )
        rows.append(row)
    return rows[-1][-1] + (FIRST_LETTER if typed[:1] != meant[:1] else 0.0)


def _extra(word: str, place: int) -> float:
    return DOUBLED_LETTER if place > 1 and word[place - 1] == word[place - 2] else 1.0


def _replaced(typed: str, meant: str) -> float:
    if typed == meant:
        return 0.0
    return VOWEL_FOR_VOWEL if typed in VOWELS and meant in VOWELS else 1.0


def _swapped(typed: str, meant: str, i: int, j: int) -> bool:
    return i > 1 and j > 1 and typed[i - 1] == meant[j - 2] and typed[i - 2] == meant[j - 1]
