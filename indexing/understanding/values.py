"""What was understood of a query."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from indexing.lexicon.values import NamedValue


class WordEvidence(Protocol):
    """What the titles of the catalogue say about words: a lexicon."""

    def frequency(self, form: str) -> int:
        """Return how many products contain the word."""
        ...

    def stem_frequency(self, stem: str) -> int:
        """Return how many products contain a word with this stem."""
        ...

    def pair(self, first: str, second: str) -> int:
        """Return in how many titles the words are adjacent."""
        ...

    def named(self, stems: Sequence[str]) -> Sequence[NamedValue]:
        """Return the brands, categories and attribute values with this name."""
        ...


Forms = Callable[[str], Sequence[str]]
"""Returns the words of a text in the form in which evidence has them."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Understood:
    """How the words of a query were understood that aren't searched like others."""

    min_price: Decimal | None = None
    max_price: Decimal | None = None
    currency: str | None = None
    """The ISO 4217 code that belongs to the prices, if the query named a currency."""
    excluded: tuple[str, ...] = ()
    """Words or phrases that products must not have in title, brand, categories and attributes."""
    phrases: tuple[str, ...] = ()
    """Phrases that products must have."""
    optional: tuple[str, ...] = ()
    """Words that aren't searched because they say nothing about the product."""
    named: tuple[NamedValue, ...] = ()
    """Brands, categories and attribute values that the query names."""


NOTHING_UNDERSTOOD = Understood()


@dataclass(frozen=True, slots=True)
class Reading:
    """The part of a query that is searched by its words, and what was understood of the rest."""

    text: str
    understood: Understood = NOTHING_UNDERSTOOD
    left_out: str = ""
    """The parts of the query that aren't in `text`, as they were written."""

    def whole(self, corrected: str | None) -> str | None:
        """Return a correction of `text` with the rest of the query; None if nothing was corrected."""
        return None if corrected is None else f"{corrected} {self.left_out}".strip()
