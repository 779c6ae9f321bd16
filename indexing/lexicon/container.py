"""The file format of a lexicon: named sections behind a header, which readers map into memory.

MAGIC, the length of the header (8 bytes), the header (JSON), and the sections, each at a multiple of 8 bytes.
"""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from indexing.lexicon.errors import LexiconDamaged

MAGIC = b"VLEX0001"
"""Its number is increased with every change of the format; a reader refuses other numbers."""
ALIGNMENT = 8
_START = len(MAGIC) + 8

Buffer: TypeAlias = bytes | memoryview


class _Header(msgspec.Struct, frozen=True):
    products: int
    sections: dict[str, tuple[int, int]]
    """Offset and length of each section, in bytes; offsets count from the end of the header."""


def pack(sections: Mapping[str, Buffer], *, products: int) -> bytes:
    """Return a file with these sections."""
    places: dict[str, tuple[int, int]] = {}
    end = 0
    for name, content in sections.items():
        places[name] = (end, len(content))
        end = _aligned(end + len(content))
    header = msgspec.json.encode(_Header(products, places))
    header += b" " * (_aligned(len(header)) - len(header))
    body = b"".join(
        bytes(content) + b"\0" * (_aligned(len(content)) - len(content)) for content in sections.values()
    )
    return b"".join((MAGIC, len(header).to_bytes(8, "little"), header, body))


def unpack(content: Buffer) -> tuple[int, dict[str, memoryview]]:
    """Return the number of products and the sections of a file, without copying them.

    Raises:
        LexiconDamaged: the file is incomplete or has another format.
    """
    view = memoryview(content)
    if bytes(view[: len(MAGIC)]) != MAGIC:
        raise LexiconDamaged("it has another format")
    length = int.from_bytes(view[len(MAGIC) : _START], "little")
    start = _START + length
    try:
        header = msgspec.json.decode(view[_START:start], type=_Header)
    except msgspec.MsgspecError as error:
        raise LexiconDamaged(f"its header cannot be read: {error}") from error
    if any(start + offset + size > len(view) for offset, size in header.sections.values()):
        raise LexiconDamaged("it is incomplete")
    return header.products, {
        name: view[start + offset : start + offset + size] for name, (offset, size) in header.sections.items()
    }


def _aligned(size: int) -> int:
    return -(-size // ALIGNMENT) * ALIGNMENT
