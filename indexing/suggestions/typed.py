"""What a shopper has typed so far."""

from typing import NamedTuple, Self

from indexing.request import MAX_QUERY_LENGTH
from indexing.suggestions.wording import words

MIN_LETTERS = 2
"""One letter is the beginning of too many words to be useful."""


class Typed(NamedTuple):
    """What was typed: complete words, and the beginning of the next one."""

    full: tuple[str, ...]
    last: str
    """Empty after a space."""

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the words of `text`; the last one is complete if a space follows it."""
        typed = words(text)
        if not typed or text[-1].isspace():
            return cls(tuple(typed), "")
        return cls(tuple(typed[:-1]), typed[-1])

    @property
    def text(self) -> str:
        """The words, joined by spaces."""
        return " ".join((*self.full, self.last)).strip()

    @property
    def is_long_enough(self) -> bool:
        """Whether there are enough letters to suggest anything, and not too many to search for."""
        # Normalising can make a text longer: one character may stand for several words.
        return MIN_LETTERS <= len(self.text) <= MAX_QUERY_LENGTH
