"""Cut the text of a JSON array into the texts of its elements without parsing them.

A parser rejects a whole text because of one fault in it. Here only strings and brackets are recognised, so
that an element that isn't JSON (a lone surrogate, NaN, invalid UTF-8, arrays nested thousands deep) leaves
the elements beside it readable. Only an element whose strings or brackets don't end can't be cut off.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

_STRING = rb'"(?>[^"\\]++|\\.)*+"'
_FLAT = rb'[\[{](?>[^"\[\]{}]++|%s)*+[\]}]' % _STRING
# Up to the end of an element, or to a container in it that holds another container.
_SIMPLE = re.compile(rb'(?>[^",\[\]{}]++|%s|%s)*+' % (_STRING, _FLAT), re.DOTALL)
# Inside such a container: up to the next bracket that changes the depth.
_INNER = re.compile(rb'(?>[^"\[\]{}]++|%s|%s)*+' % (_STRING, _FLAT), re.DOTALL)
_BRACKETS = re.compile(rb"[\[{]++|[\]}]++")
_NAME = re.compile(rb"\s*+(%s)\s*+:\s*+" % _STRING, re.DOTALL)
_OPENING = frozenset(b"[{")


class Unreadable(ValueError):
    """The text can't be cut into elements; the message says why."""


class TooManyElements(ValueError):
    """The array has more elements than the limit."""


@dataclass(frozen=True, slots=True)
class Slices:
    """The elements of an array inside an object, and the object's text with that array emptied."""

    elements: list[bytes]
    rest: bytes


def cut(text: bytes, name: str, *, limit: int) -> Slices:
    """Cut the array in the member `name` of the JSON object `text` into its elements.

    Raises:
        Unreadable: there is no such array, there are two, or it doesn't end.
        TooManyElements: it has more than `limit` elements.
    """
    slices: Slices | None = None
    position = text.find(b"{") + 1
    while position < len(text):
        member = _NAME.match(text, position)
        if member is not None and _plain(member) == name and text[member.end() : member.end() + 1] == b"[":
            if slices is not None:
                raise Unreadable(f"{name}: occurs twice")
            elements, end = _elements(text, member.end() + 1, limit=limit)
            slices = Slices(elements=elements, rest=text[: member.end()] + b"[]" + text[end:])
            position = end
        position = _end(text, position)
        if text[position] != ord(","):
            break
        position += 1
    if slices is None:
        raise Unreadable(f"{name}: there is no array of this name")
    return slices


def members(text: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield the name of each member of the JSON object `text`, and where its value begins and ends."""
    position = text.find(b"{") + 1
    while member := _NAME.match(text, position):
        try:
            end = _end(text, member.end())
        except Unreadable:
            end = len(text)
        yield _plain(member), member.end(), end
        position = end + 1


def member_at(text: bytes, offset: int) -> str:
    """Return the name of the object's member that contains the byte at `offset`; empty if there is none."""
    return next((name for name, _, end in members(text) if offset <= end), "")


def _plain(member: re.Match[bytes]) -> str:
    """Return the member's name as a parser would; as it is written if it isn't a valid string."""
    written = member[1].decode(errors="replace")
    if "\\" not in written:
        return written[1:-1]
    try:
        return str(json.loads(written))
    except ValueError:
        return written[1:-1]


def _elements(text: bytes, start: int, *, limit: int) -> tuple[list[bytes], int]:
    """Return the elements of the array whose text begins at `start`, and the offset after its bracket."""
    elements: list[bytes] = []
    begin = start
    while True:
        end = _end(text, begin)
        element = text[begin:end].strip()
        if text[end] == ord("}"):
            raise Unreadable(f"element {len(elements)}: a bracket doesn't match")
        is_last = text[end] == ord("]")
        if element or elements or not is_last:
            elements.append(element)
        if len(elements) > limit:
            raise TooManyElements
        if is_last:
            return elements, end + 1
        begin = end + 1


def _end(text: bytes, start: int) -> int:
    """Return the offset of the comma or closing bracket that ends the element which begins at `start`."""
    position = _past(_SIMPLE, text, start)
    while text[position] in _OPENING:
        position = _past(_SIMPLE, text, _container_end(text, position))
    return position


def _container_end(text: bytes, start: int) -> int:
    """Return the offset after the bracket that closes the container which begins at `start`."""
    depth, position = 0, start
    while True:
        brackets = _BRACKETS.match(text, position)
        assert brackets is not None  # noqa: S101 - `_past` stops at a bracket
        count = brackets.end() - position
        if text[position] in _OPENING:
            depth += count
        elif count >= depth:
            return position + depth
        else:
            depth -= count
        position = _past(_INNER, text, brackets.end())


def _past(pattern: re.Pattern[bytes], text: bytes, start: int) -> int:
    """Return the offset of the delimiter that follows the pattern's match."""
    matched = pattern.match(text, start)
    position = start if matched is None else matched.end()
    if position >= len(text) or text[position] == ord('"'):
        raise Unreadable(f"byte {position}: the text ends inside an array, an object or a string")
    return position
