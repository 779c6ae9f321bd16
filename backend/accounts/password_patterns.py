"""How predictable a password is: sequences, keyboard walks, and variations of known words.

A password is predictable if few characters have to be guessed once the patterns in it are known.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import pairwise

FEWEST_UNITS = 5
"""A password of fewer units is refused; a pattern counts as one unit, another character as one or more."""
SHORTEST_PATTERN = 3
SHORTEST_WORD = 4
LONGEST_WORD = 24
_COST_OF_LETTER = 2
_WORD = "\0"
# What the last character of a pattern saves at most: two letters are four units, three of a sequence are one.
_SAVED_BY_A_PATTERN = 3
_KEYBOARD = ("1234567890-=", "qwertyuiop[]", "asdfghjkl;'", "zxcvbnm,./")
_CYCLES = ("abcdefghijklmnopqrstuvwxyz", "0123456789", "qwertyuiopasdfghjklzxcvbnm")
_YEAR = re.compile(r"(19|20)[0-9]{2}|[0-9]{2}(91|02)")
"""A year, also reversed."""
_SEPARATORS = " -_.,"
_SUBSTITUTES = tuple(
    str.maketrans("0134578@$!|+9", letters) for letters in ("oieastbasiltg", "oleastbasiltg", "oleastbasllig")
)


def units(text: str) -> int:
    """Return the fewest units that make up the folded text.

    A sequence, a keyboard walk, a repeated character and a year are one unit each. Of the other characters, a
    letter is two units, anything else is one, and a NUL, which stands for a known word, is none. Stop when
    there are FEWEST_UNITS, whatever follows.
    """
    fewest = [0]
    for end in range(1, len(text) + 1):
        best = fewest[end - 1] + _cost(text[end - 1])
        for start in _pattern_starts(text, end):
            best = min(best, fewest[start] + 1)
        fewest.append(best)
        if best >= FEWEST_UNITS + _SAVED_BY_A_PATTERN:
            break
    return fewest[-1]


def _cost(character: str) -> int:
    if character == _WORD:
        return 0
    return _COST_OF_LETTER if character.isalpha() else 1


def _pattern_starts(text: str, end: int) -> Iterator[int]:
    """Yield where the patterns of SHORTEST_PATTERN characters or more begin that end before `end`."""
    if _YEAR.fullmatch(text, max(0, end - 4), end):
        yield end - 4
    for follows in (_is_repeated, _is_next, _is_previous, _is_neighbour):
        start = end - 1
        while start > 0 and follows(text[start - 1], text[start]):
            start -= 1
            if end - start >= SHORTEST_PATTERN:
                yield start


def _is_repeated(first: str, second: str) -> bool:
    return first == second


def _is_next(first: str, second: str) -> bool:
    return any(_at(cycle, first, 1) == second for cycle in _CYCLES)


def _is_previous(first: str, second: str) -> bool:
    return _is_next(second, first)


def _at(cycle: str, character: str, offset: int) -> str:
    place = cycle.find(character)
    return "" if place < 0 else cycle[(place + offset) % len(cycle)]


def _neighbours() -> frozenset[tuple[str, str]]:
    """Return the pairs of keys that touch each other; each row is shifted to the right of the one above."""
    beside = [pair for row in _KEYBOARD for pair in pairwise(row)]
    below = [
        (upper, lower)
        for row, next_row in pairwise(_KEYBOARD)
        for place, upper in enumerate(row)
        for lower in next_row[max(0, place - 1) : place + 1]
    ]
    return frozenset([*beside, *below, *((second, first) for first, second in [*beside, *below])])


_NEIGHBOURS = _neighbours()


def _is_neighbour(first: str, second: str) -> bool:
    return (first, second) in _NEIGHBOURS


def is_predictable(password: str, *, words: Collection[str]) -> bool:
    """Return whether the password is a pattern, or a variation of one of the folded `words`.

    In a variation the word has padding, is repeated, separated or reversed, or has digits and signs that look
    like its letters.
    """
    folded = password.casefold()
    joined = folded.translate({ord(each): None for each in _SEPARATORS})
    return any(_is_variation(text, words=words) for text in {folded, joined, folded[::-1], joined[::-1]})


def _is_variation(text: str, *, words: Collection[str]) -> bool:
    if units(text) < FEWEST_UNITS:
        return True
    for spelling in _spellings(text):
        for word in _found(spelling, words):
            if 1 + units(_without(text, spelling, word)) < FEWEST_UNITS:
                return True
    return False


def _spellings(text: str) -> set[str]:
    """Return the text, and the texts that it may stand for; all have its length."""
    return {text, *(text.translate(table) for table in _SUBSTITUTES)}


def _found(text: str, words: Collection[str]) -> set[str]:
    return {each for each in _substrings(text) if each in words}


def _substrings(text: str) -> Iterator[str]:
    for start in range(len(text) - SHORTEST_WORD + 1):
        for length in range(SHORTEST_WORD, min(LONGEST_WORD, len(text) - start) + 1):
            yield text[start : start + length]


def _without(text: str, spelling: str, word: str) -> str:
    """Return the text with each occurrence of the word in its spelling replaced by a NUL."""
    parts: Sequence[str] = spelling.split(word)
    remaining, place = [], 0
    for part in parts:
        remaining.append(text[place : place + len(part)])
        place += len(part) + len(word)
    return _WORD.join(remaining)
