"""Which word was meant by one that no product holds: a noisy channel over the shop's own vocabulary.

A candidate is as likely as its word is frequent, times how easily a person edits from it to what was typed
(Kernighan, Church and Gale, "A spelling correction program based on a noisy channel model", 1990). The
channel is a weighted Damerau-Levenshtein distance: vowels are confused with vowels, letters are doubled or
not, neighbours are swapped, and the first letter is seldom wrong.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

VOWELS = frozenset("aeiouy")
EDIT_PENALTY = 6.0
"""How many times e less likely each whole slip is: a word must be 400 times as frequent to outweigh one."""
VOWEL_FOR_VOWEL = 0.6
DOUBLED_LETTER = 0.6
SWAPPED_LETTERS = 0.7
FIRST_LETTER = 0.5
"""On top, when the first letter differs."""

MAX_CORRECTIONS = 3
MIN_WEIGHT = 0.1
"""Candidates less likely than a tenth of the best only add noise."""

SHORT = 3
LONG = 6
"""Letters from which one, and from which two edits are believed; Elasticsearch draws the lines there too."""


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A word of the vocabulary, and how many products hold it."""

    word: str
    frequency: int


@dataclass(frozen=True, slots=True)
class Correction:
    """A word that may have been meant, weighted against the likeliest (1)."""

    word: str
    weight: float


def max_edits(word: str) -> int:
    """Return how many letters of `word` may be wrong; codes and short words are taken at their word."""
    if len(word) < SHORT or any(letter.isdigit() for letter in word):
        return 0
    return 2 if len(word) >= LONG else 1


def corrections(word: str, neighbours: Sequence[Neighbour]) -> tuple[Correction, ...]:
    """Return the likeliest of `neighbours`, best first, each weighted against the best."""
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
    """Return how unlikely it is to type `typed` for `meant`: 0 for equal words, about 1 for each slip."""
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
