"""Look up lists of a mapped file with the standard library, because web processes don't import NumPy.

The arrays of a file (n lists of at most `length` entries) are

    subjects     n, sorted: int64 ids of products, or keys as UTF-8 of a fixed width
    prefixes     n, uint64: the first eight bytes of each key, big-endian; absent for ids
    items        the ids of all products in the lists, sorted, int64
    positions    n × length, uint16 or uint32: positions in `items`; their number stands for "none"
    best         n, float32: the best score of each list; 0 if it has no positive one
    scores       n × length, uint16: shares of the list's best score, of 65,535
    because      n × length: positions of the products that explain the entries; absent if none does
"""

import statistics
import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import repeat
from typing import TYPE_CHECKING

from ml.serving import Scored

if TYPE_CHECKING:
    from ml.packed import Mapped

WHOLE = 65_535
"""The stored score of a list's best entry."""
PREFIX_BYTES = 8
# As Scored._make, but without a call of Python for each entry.
_scored = partial(tuple.__new__, Scored)


class MappedLists:
    """The lists of one file."""

    __slots__ = (
        "_because",
        "_best",
        "_items",
        "_length",
        "_none",
        "_positions",
        "_prefixes",
        "_scores",
        "_subjects",
        "_width",
    )

    def __init__(self, arrays: "Mapping[str, Mapped]") -> None:
        """Use the arrays as they are; nothing is read yet."""
        subjects, positions, because = arrays["subjects"], arrays["positions"], arrays.get("because")
        self._items = arrays["items"].values
        self._none = len(self._items)
        self._length = positions.shape[1]
        self._positions = positions.values
        self._best = arrays["best"].values
        self._scores = arrays["scores"].values
        self._because = None if because is None else because.values
        self._subjects = subjects.values
        prefixes = arrays.get("prefixes")
        self._prefixes = None if prefixes is None else prefixes.values
        self._width = 1 if prefixes is None else int(subjects.dtype.removeprefix("|S"))

    def __len__(self) -> int:
        """Return the number of lists."""
        return len(self._subjects) // self._width

    def subjects(self) -> Iterator[str]:
        """Yield the subjects, in the order of the lists."""
        if self._prefixes is None:
            return map(str, self._subjects)
        return (self._key(place).rstrip(b"\0").decode() for place in range(len(self)))

    def place(self, subject: str) -> int | None:
        """Return the place of the subject's list; None without one, or if it is empty."""
        if self._prefixes is None:
            found = self._place_of_id(int(subject))
        else:
            found = self._place_of_key(subject, self._prefixes)
        if found is None or self._positions[found * self._length] == self._none:
            return None
        return found

    def at(self, place: int) -> list[Scored]:
        """Return the entries of the list at this place, best first."""
        start = place * self._length
        end = start + self._length
        positions, none, items = self._positions[start:end].tolist(), self._none, self._items
        while positions and positions[-1] == none:
            positions.pop()
        products = map(items.__getitem__, positions)
        unit = self._best[place] / WHOLE
        scores = [score * unit for score in self._scores[start:end].tolist()]
        if self._because is None:
            return list(map(_scored, zip(products, scores, repeat(None), strict=False)))
        because = [None if one == none else items[one] for one in self._because[start:end].tolist()]
        return list(map(_scored, zip(products, scores, because, strict=False)))

    def _place_of_id(self, subject: int) -> int | None:
        place = bisect_left(self._subjects, subject)
        return place if place < len(self) and self._subjects[place] == subject else None

    def _place_of_key(self, subject: str, prefixes: "memoryview[int]") -> int | None:
        # Numbers are compared in C, so that only keys with the same prefix are compared as bytes.
        key = subject.encode().ljust(self._width, b"\0")
        prefix = int.from_bytes(key[:PREFIX_BYTES].ljust(PREFIX_BYTES, b"\0"))
        first = bisect_left(prefixes, prefix)
        end = bisect_right(prefixes, prefix, lo=first)
        place = bisect_left(range(end), key, lo=first, key=self._key)
        return place if place < end and self._key(place) == key else None

    def _key(self, place: int) -> bytes:
        return self._subjects[place * self._width : (place + 1) * self._width].tobytes()


def lookup_seconds(lists: MappedLists, subjects: Iterable[object]) -> float:
    """Return the median processor time of finding and reading a list; 0 without lists."""
    times = []
    for subject in map(str, subjects):
        begun = time.thread_time()
        if (place := lists.place(subject)) is not None:
            lists.at(place)
        times.append(time.thread_time() - begun)
    return statistics.median(times) if times else 0.0
