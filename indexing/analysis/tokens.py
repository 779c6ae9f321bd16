"""The tokens of a text."""

from dataclasses import dataclass
from enum import StrEnum

OPAQUE = "#"
"""Begins the terms of quantities and dimensions, which no word begins with."""


class TokenKind(StrEnum):
    """What a token is."""

    WORD = "word"
    NUMBER = "number"
    QUANTITY = "quantity"
    """A number with a unit, or dimensions."""
    CODE = "code"
    """Letters mixed with digits, or a long number: a model number, a SKU, a barcode."""
    SYMBOL = "symbol"
    """A name that its symbols belong to: C++, AT&T."""


@dataclass(frozen=True, slots=True)
class Token:
    """One token, and its place in the text that was analysed."""

    form: str
    """The exact form, without case and accents."""
    stem: str
    """The term that the text fields contain."""
    start: int
    end: int
    kind: TokenKind = TokenKind.WORD
    parts: tuple[str, ...] = ()
    """The forms that it is composed of, if they can be searched for as well."""
    folded_stem: str = ""
    """The stem of the form without accents, if it differs: typed without accents, the word is found too."""

    def moved(self, offset: int) -> "Token":
        """Return the token `offset` characters further on."""
        return self.placed(self.start + offset, self.end + offset)

    def placed(self, start: int, end: int) -> "Token":
        """Return the token at another place."""
        return Token(self.form, self.stem, start, end, self.kind, self.parts, self.folded_stem)
