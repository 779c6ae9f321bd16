"""The pieces of a query: what stands between its spaces, and quoted phrases."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from indexing.text import words

_QUOTES = {'"': '"', "\N{LEFT DOUBLE QUOTATION MARK}": "\N{RIGHT DOUBLE QUOTATION MARK}", "«": "»"}
_PIECE = re.compile(
    # A quote after a digit is an inch mark, and one without an end is ignored.
    "(?P<minus>-?)(?:"
    + "|".join(
        f"{start}(?P<phrase{number}>[^{start}{end}]+){end}(?!\\w)"
        for number, (start, end) in enumerate(_QUOTES.items())
    )
    + ")"
    r"|\S+"
)
_EDGES = ",;:!?()[]{}"


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a query."""

    written: str
    key: str
    """The piece as wordings have it, in lower case without accents and punctuation; empty for a phrase."""
    phrase: str | None = None
    """The text between quotes."""
    has_minus: bool = False

    @property
    def text(self) -> str:
        """What is searched for this piece."""
        return self.written if self.phrase is None else self.phrase

    @property
    def ends(self) -> bool:
        """Whether a comma or another mark separates the piece from the next one."""
        return self.written[-1] in _EDGES


def pieces(text: str) -> Iterator[Piece]:
    """Yield the pieces of a query in order."""
    for found in _PIECE.finditer(text):
        written = found[0]
        phrase = next((each for name, each in found.groupdict().items() if name != "minus" and each), None)
        if phrase is not None:
            yield Piece(written, "", phrase.strip() or None, has_minus=bool(found["minus"]))
        else:
            has_minus = len(written) > 1 and written[0] == "-" and written[1].isalpha()
            yield Piece(written, _key(written), has_minus=has_minus)


def _key(written: str) -> str:
    if written.isascii():
        return written.casefold().strip(_EDGES)
    return (" ".join(words(written)) if written.isalpha() else written.casefold()).strip(_EDGES)


def starts_with(wanted: tuple[str, ...], found: Sequence[Piece], place: int) -> bool:
    """Return whether the pieces from `place` on are the words `wanted`."""
    if wanted and (place >= len(found) or found[place].key != wanted[0]):
        return False
    return tuple(each.key for each in found[place : place + len(wanted)]) == wanted
