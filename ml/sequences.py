"""Sequences of items, such as browsing sessions: positions of items in their order, one after the other."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml.dataset import Ids, Positions


@dataclass(frozen=True, slots=True)
class Sequences:
    """Sequence n is `positions[starts[n] : starts[n + 1]]`; the oldest sequence comes first.

    Positions are those of `items`, UNKNOWN (-1) for an item without one.
    """

    items: Ids
    positions: Positions
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, sequences: Sequence[Sequence[object]], *, items: Ids | None = None) -> "Sequences":
        """Return sequences of ids, with positions of `items`, by default of all that occur."""
        lengths = np.array([len(one) for one in sequences], dtype=np.int64)
        ids = np.array([item for one in sequences for item in one])
        known = Ids.of(ids) if items is None else items
        return cls(known, known.positions(ids), np.concatenate(([0], np.cumsum(lengths))))

    def __len__(self) -> int:
        return len(self.starts) - 1

    def __iter__(self) -> Iterator[Positions]:
        return (self[number] for number in range(len(self)))

    def __getitem__(self, number: int) -> Positions:
        return self.positions[self.starts[number] : self.starts[number + 1]]
