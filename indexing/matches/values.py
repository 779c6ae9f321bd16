"""The parts of a hit's texts that matched."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple


class Found(NamedTuple):
    """A part of a text that a plan's words matched."""

    start: int
    end: int
    needs: int
    """The needs that it satisfies, a bit for each."""


@dataclass(frozen=True, slots=True)
class TextPart:
    """A part of a text, and whether the query matched it."""

    text: str
    matched: bool


@dataclass(frozen=True, slots=True)
class Highlights:
    """The texts of a hit in parts, which joined are the text."""

    title: tuple[TextPart, ...]
    description: tuple[TextPart, ...] = ()
    """A fragment of the description with words that the title lacks; empty if there are none."""

    @property
    def matched(self) -> tuple[str, ...]:
        """The parts of the title that matched."""
        return tuple(each.text for each in self.title if each.matched)


def parts_of(text: str, found: Sequence[Found]) -> tuple[TextPart, ...]:
    """Return `text` in parts; `found` are in order and don't overlap."""
    parts, end = [], 0
    for each in found:
        if each.start > end:
            parts.append(TextPart(text[end : each.start], matched=False))
        parts.append(TextPart(text[each.start : each.end], matched=True))
        end = each.end
    if end < len(text):
        parts.append(TextPart(text[end:], matched=False))
    return tuple(parts)
