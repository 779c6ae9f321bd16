"""Lists of numbers by key in two flat arrays, which load and are searched without loops in Python."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.uint32]
Arrays = Mapping[str, NDArray[np.generic]]


class Lists(NamedTuple):
    """A list of ids for each key from 0."""

    ends: NDArray[np.int64]
    """Where the list of each key ends; the first entry is 0."""
    ids: Ids

    @classmethod
    def of(cls, lists: Iterable[Sequence[int]]) -> Self:
        """Return these lists; the key of each is its position."""
        lengths: list[int] = [0]
        flat: list[int] = []
        for each in lists:
            lengths.append(len(each))
            flat.extend(each)
        return cls(np.cumsum(lengths, dtype=np.int64), np.asarray(flat, dtype=np.uint32))

    @classmethod
    def inverted(cls, keys: Ids, ids: Ids, *, size: int) -> Self:
        """Return the lists of `size` keys from pairs of a key and an id, in the order of the pairs."""
        order = np.argsort(keys, kind="stable")
        counts = np.bincount(keys, minlength=size)
        return cls(np.concatenate(([0], np.cumsum(counts))).astype(np.int64), ids[order])

    @classmethod
    def stored(cls, arrays: Arrays, name: str) -> Self:
        """Return the lists that `arrays` contain under `name`."""
        return cls(arrays[f"{name}_ends"], arrays[f"{name}_ids"])  # type: ignore[arg-type]

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Return the arrays to store, by name."""
        return {f"{name}_ends": self.ends, f"{name}_ids": self.ids}

    def between(self, first: int, end: int) -> Ids:
        """Return the ids of the keys from `first` to before `end`, key by key."""
        return self.ids[self.ends[first] : self.ends[end]]

    def of_keys(self, keys: Ids) -> tuple[Ids, NDArray[np.bool_]]:
        """Return the ids of these keys, list by list, and where each list ends."""
        starts, lengths = self.ends[keys], self.ends[keys.astype(np.int64) + 1] - self.ends[keys]
        total = int(lengths.sum())
        last = np.zeros(total, dtype=np.bool_)
        if not total:
            return self.ids[:0], last
        filled = lengths[lengths > 0]
        last[np.cumsum(filled) - 1] = True
        skipped = np.repeat(starts[lengths > 0] - np.concatenate(([0], np.cumsum(filled)[:-1])), filled)
        return self.ids[np.arange(total) + skipped], last


def smallest(ids: Ids, count: int) -> Ids:
    """Return the `count` smallest distinct ids, in ascending order."""
    # Each id may occur once for each of its words.
    window = count * 4
    if len(ids) > window:
        ids = np.partition(ids, window)[:window]
    return np.unique(ids)[:count]
