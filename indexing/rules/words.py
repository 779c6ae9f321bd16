"""The words of queries and rules as rules compare them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from indexing.text import words

Phrase = tuple[str, ...]
"""Adjacent words, as rules compare them."""

_WRITTEN = re.compile(r"[^\W_]+(?:['\N{RIGHT SINGLE QUOTATION MARK}][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class WrittenWord:
    """A word of a text: `key` is compared, `text[start:end]` is how it is written."""

    key: str
    start: int
    end: int


def written_words(text: str) -> tuple[WrittenWord, ...]:
    """Return the words of `text` with their positions."""
    return tuple(
        WrittenWord(key, found.start(), found.end())
        for found in _WRITTEN.finditer(text)
        for key in words(found[0])
    )


def phrase(text: str) -> Phrase:
    """Return the words of `text` as they are compared."""
    return tuple(each.key for each in written_words(text))


def positions(wanted: Phrase, words: Sequence[str]) -> list[int]:
    """Return where `wanted` begins in `words`; occurrences don't overlap."""
    found: list[int] = []
    place = 0
    while wanted and place <= len(words) - len(wanted):
        if tuple(words[place : place + len(wanted)]) == wanted:
            found.append(place)
            place += len(wanted)
        else:
            place += 1
    return found
