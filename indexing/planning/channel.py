"""What it costs to type one word for another: the channel of a noisy-channel model.

The likelihood that a word was meant is its probability in the shop times the probability of the edits from
it to the typed word (Kernighan, Church and Gale, "A spelling correction program based on a noisy channel
model", 1990). The edits are those of a weighted Damerau-Levenshtein distance: confused vowels, doubled
letters and swapped neighbours cost less than other edits, and a wrong first letter costs more.
"""

import math

VOWELS = frozenset("aeiouy")
EDIT_PENALTY = 6.0
"""Each edit divides the likelihood by e to this power: a word must be 400 times as frequent to offset one."""
VOWEL_FOR_VOWEL = 0.6
DOUBLED_LETTER = 0.6
"""A letter too many or too few beside its like, or the other of two letters doubled ("vaccum")."""
FINAL_S = 0.4
"""An s too many or too few at the end: "bras" is the plural of "bra" before it is "brass"."""
SWAPPED_LETTERS = 0.7
FIRST_LETTER = 0.8
"""Added when the first letter differs."""

SHORT = 3
LONG = 6
"""Minimum lengths of words for one edit and for two."""


def max_edits(word: str) -> int:
    """Return the maximum number of edits to a correction of `word`; 0 for codes and short words."""
    if len(word) < SHORT or not word.isalpha():
        return 0
    return 2 if len(word) >= LONG else 1


def edit_penalty(typed: str, meant: str) -> float:
    """Return the logarithm that typing `typed` for `meant` subtracts from the likelihood."""
    return EDIT_PENALTY * edit_cost(typed, meant)


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
                    rows[i - 1][j - 1] + _replaced(typed, meant, i, j),
                    rows[i - 2][j - 2] + SWAPPED_LETTERS if _swapped(typed, meant, i, j) else math.inf,
                )
            )
        rows.append(row)
    return rows[-1][-1] + (FIRST_LETTER if typed[:1] != meant[:1] else 0.0)


def _extra(word: str, place: int) -> float:
    if place == len(word) and word.endswith("s") and not word.endswith("ss"):
        return FINAL_S
    return DOUBLED_LETTER if place > 1 and word[place - 1] == word[place - 2] else 1.0


def _replaced(typed: str, meant: str, i: int, j: int) -> float:
    one, other = typed[i - 1], meant[j - 1]
    if one == other:
        return 0.0
    if i > 1 and one == typed[i - 2] and other == meant[j : j + 1]:
        return DOUBLED_LETTER
    return VOWEL_FOR_VOWEL if one in VOWELS and other in VOWELS else 1.0


def _swapped(typed: str, meant: str, i: int, j: int) -> bool:
    return i > 1 and j > 1 and typed[i - 1] == meant[j - 2] and typed[i - 2] == meant[j - 1]
