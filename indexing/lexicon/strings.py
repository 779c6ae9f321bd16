"""A sorted table of distinct strings in flat arrays, which can be mapped into memory."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from zlib import crc32

import numpy as np

Sections = dict[str, bytes]


def string_sections(name: str, strings: Sequence[str]) -> Sections:
    """Return the sections of a table of `strings`, which are sorted and distinct."""
    encoded = [each.encode() for each in strings]
    offsets = np.zeros(len(encoded) + 1, np.uint32)
    offsets[1:] = np.cumsum([len(each) for each in encoded], dtype=np.uint32)
    hashes = np.fromiter(map(crc32, encoded), np.uint32, len(encoded))
    order = np.argsort(hashes, kind="stable").astype(np.uint32)
    return {
        f"{name}.text": b"".join(encoded),
        f"{name}.offsets": offsets.tobytes(),
        f"{name}.hashes": hashes[order].tobytes(),
        f"{name}.order": order.tobytes(),
    }


REMEMBERED = 4_096
"""Texts whose numbers a table remembers: the planning of one query looks up each of its words many times."""


class StringTable:
    """Strings numbered from 0 in sorted order; `find` takes about two microseconds for a new text."""

    def __init__(self, sections: Mapping[str, memoryview], name: str) -> None:
        """Read the sections that `string_sections` returned."""
        self._text = sections[f"{name}.text"]
        self._offsets = sections[f"{name}.offsets"].cast("I")
        self._hashes = sections[f"{name}.hashes"].cast("I")
        self._order = sections[f"{name}.order"].cast("I")
        self.find = lru_cache(REMEMBERED)(self._find)
        """Return the number of a text; None if the table doesn't have it."""

    def __len__(self) -> int:
        """Return the number of strings."""
        return len(self._hashes)

    def __getitem__(self, number: int) -> str:
        """Return the string with this number."""
        return str(self._encoded(number), "utf-8")

    def _find(self, text: str) -> int | None:
        encoded = text.encode(errors="replace")
        hashed = crc32(encoded)
        place = bisect_left(self._hashes, hashed)
        while place < len(self._hashes) and self._hashes[place] == hashed:
            number = self._order[place]
            if self._encoded(number) == encoded:
                return number
            place += 1
        return None

    def with_prefix(self, prefix: str) -> range:
        """Return the numbers of the strings that begin with `prefix`."""
        encoded = prefix.encode(errors="replace")
        first = bisect_left(range(len(self)), encoded, key=self._bytes)
        # No UTF-8 text has a byte 0xFF, so this is after every string with the prefix.
        last = bisect_left(range(len(self)), encoded + b"\xff", lo=first, key=self._bytes)
        return range(first, last)

    def __iter__(self) -> Iterator[str]:
        """Yield all strings in order."""
        return (self[number] for number in range(len(self)))

    def _encoded(self, number: int) -> memoryview:
        return self._text[self._offsets[number] : self._offsets[number + 1]]

    def _bytes(self, number: int) -> bytes:
        return bytes(self._encoded(number))
