"""Two adjacent words and one word that are the same thing: "wi fi" and "wifi", "bed sheet" and "bedsheet"."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from indexing.analysis import Token, TokenKind
from indexing.planning.plan import Term
from indexing.planning.vocabulary import Vocabulary

MIN_LETTERS = 2
"""Of a part; a single letter has to stand out ("t shirt"), because sizes are single letters as well."""
MIN_LIFT = 1.2
MIN_JOINED = 5
"""Letters of a joined word whose parts no title has beside each other."""
COHESIVE = 0.5
"""The share of the rarer word's titles in which it is beside the other one, from which both are a unit."""
COMMON = 0.1
"""How frequent the joined form then is at least, as a share of the pair; single letters need no joined form
that is so frequent, because they mean nothing alone."""

NAME = 5
"""How many times as many titles have the parts of a name beside each other as have it in one word."""


@dataclass(frozen=True, slots=True)
class Joined:
    """A word that two adjacent ones may be written as."""

    word: str
    is_unit: bool
    """Whether the two words are hardly meant separately: they are one need."""


def joined(first: str, second: str, vocabulary: Vocabulary) -> Joined | None:
    """Return the word that two known words are also written as, or None.

    They are a unit if the joined form is at least half as frequent as the pair, or if the rarer word hardly
    occurs without the other one, and the joined form is not a rare way to write both. Else products that have
    both words in other places are meant as well.
    """
    if not (vocabulary.family(first) and vocabulary.family(second)):
        return None
    word = first + second
    single, together = vocabulary.family(word), vocabulary.pair(first, second)
    if not single or not _is_written(first, second, together, single, vocabulary):
        return None
    rarer = min(vocabulary.family(first), vocabulary.family(second))
    cohesive = together >= COHESIVE * rarer
    common = single >= COMMON * together or min(len(first), len(second)) < MIN_LETTERS
    return Joined(word, is_unit=2 * single >= together or (cohesive and common))


def _is_written(first: str, second: str, together: int, single: int, vocabulary: Vocabulary) -> bool:
    if min(len(first), len(second)) < MIN_LETTERS:
        return together > 0 and vocabulary.lift(first, second) >= MIN_LIFT
    return together > 0 or (single > 1 and len(first) + len(second) >= MIN_JOINED)


def splits(word: str, vocabulary: Vocabulary) -> Iterator[Term]:
    """Yield the words that a known one is also written as in titles."""
    for found in vocabulary.lexicon.segmentations(word):
        if len(found.parts) == 2 and found.is_written and joined(*found.parts, vocabulary):
            yield found.parts


def code_splits(code: str, vocabulary: Vocabulary) -> Iterator[Term]:
    """Yield the parts of a code that titles have beside each other: "ps 4" for "ps4"."""
    return (found.parts for found in vocabulary.lexicon.segmentations(code) if found.is_written)


def is_name(token: Token, vocabulary: Vocabulary) -> bool:
    """Return whether what looks like a code is a name that titles mostly have in several words: "Xbox 360".

    The few products that have it in one word are no better matches than the others.
    """
    if token.kind is not TokenKind.CODE:
        return False
    written = [token.parts] if token.parts else code_splits(token.form, vocabulary)
    least = NAME * max(vocabulary.frequency(token.form), 1)
    return any(
        len(parts) > 1 and min(vocabulary.pair(*pair) for pair in pairwise(parts)) >= least
        for parts in written
    )
