"""Interactions: which user interacted with which product, how strongly, and when.

Everything here is immutable. Users and items may have any ids that NumPy can sort. Models address them by
position, 0 … n-1, and `Ids` maps ids to positions.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

Positions = NDArray[np.int64]
Scores = NDArray[np.float32]
UNKNOWN = -1
DAY = np.timedelta64(1, "D")
MIN_WEIGHT = 1e-9
# Limits the decay, because a pair with weight zero would not count as an interaction.
MAX_HALVINGS = 20


@dataclass(frozen=True, slots=True)
class Ids:
    """External ids in ascending order; an id's position is its index in every matrix."""

    values: NDArray[Any]

    @classmethod
    def of(cls, values: NDArray[Any] | Sequence[object]) -> "Ids":
        return cls(np.unique(np.asarray(values)))

    def __len__(self) -> int:
        return len(self.values)

    def positions(self, values: NDArray[Any] | Sequence[object]) -> Positions:
        """Return the position of each value, UNKNOWN (-1) for a value that is not an id."""
        wanted = np.asarray(values)
        if not len(self.values) or not len(wanted):
            return np.full(len(wanted), UNKNOWN, dtype=np.int64)
        found = np.minimum(np.searchsorted(self.values, wanted), len(self.values) - 1)
        return np.where(self.values[found] == wanted, found, UNKNOWN).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Interactions:
    """One weighted pair for each user and item that interacted: `matrix` is float32, users × items."""

    users: Ids
    items: Ids
    matrix: csr_array

    @classmethod
    def of_pairs(
        cls,
        users: NDArray[Any] | Sequence[object],
        items: NDArray[Any] | Sequence[object],
        *,
        weights: NDArray[np.float32] | None = None,
        among: NDArray[Any] | Sequence[object] = (),
    ) -> "Interactions":
        """Return the interactions of parallel columns, in any order.

        A repeated pair counts once, with its greatest weight (1 without weights). Items in `among` get a
        column even without an interaction.
        """
        known_users = Ids.of(users)
        known_items = Ids.of(np.concatenate([items, among]) if len(among) else items)
        rows, columns = known_users.positions(users), known_items.positions(items)
        values = np.ones(len(rows), dtype=np.float32) if weights is None else weights
        shape = (len(known_users), len(known_items))
        return cls(known_users, known_items, _greatest(rows, columns, values, shape))

    def of_users(self, users: NDArray[Any]) -> "Interactions":
        """Return the rows of these known users, in ascending order, with all columns."""
        kept = np.unique(users)
        return Interactions(Ids(kept), self.items, self.matrix[self.users.positions(kept)])

    def aligned_to(self, other: "Interactions") -> csr_array:
        """Return these pairs in the rows and columns of `other`, without ids that it doesn't have."""
        pairs = self.matrix.tocoo()
        rows = other.users.positions(self.users.values)[pairs.row]
        columns = other.items.positions(self.items.values)[pairs.col]
        kept = (rows != UNKNOWN) & (columns != UNKNOWN)
        return _greatest(rows[kept], columns[kept], pairs.data[kept], other.matrix.shape)

    def with_items(self, items: Ids) -> "Interactions":
        """Return these pairs with a column for each of `items`, without items that are not among them."""
        pairs = self.matrix.tocoo()
        columns = items.positions(self.items.values)[pairs.col]
        kept = columns != UNKNOWN
        shape = (len(self.users), len(items))
        matrix = _greatest(pairs.row.astype(np.int64)[kept], columns[kept], pairs.data[kept], shape)
        return Interactions(self.users, items, matrix)


@dataclass(frozen=True, slots=True)
class InteractionLog:
    """Single interactions as parallel columns; `times` is datetime64[s] in UTC."""

    users: NDArray[Any]
    items: NDArray[np.int64]
    times: NDArray[np.datetime64]
    weights: NDArray[np.float32]

    @classmethod
    def empty(cls) -> "InteractionLog":
        return cls(
            np.array([], "S1"),
            np.array([], np.int64),
            np.array([], "datetime64[s]"),
            np.array([], np.float32),
        )

    def __len__(self) -> int:
        return len(self.users)

    def where(self, kept: NDArray[np.bool_]) -> "InteractionLog":
        return InteractionLog(self.users[kept], self.items[kept], self.times[kept], self.weights[kept])

    def interactions(
        self,
        *,
        half_life_days: float | None = None,
        among: NDArray[np.int64] | Sequence[int] = (),
        scale_of: "InteractionLog | None" = None,
    ) -> Interactions:
        """Return one pair for each user and item, with a column for each item in `among`.

        With a half-life, a weight halves for every `half_life_days` between its row and the last row of the
        log (not today, so that an imported history does not decay as a whole). Weights are scaled to a mean
        of 1, the scale for which the models' default parameters were chosen. The last row and the mean are
        those of `scale_of`, by default of this log.
        """
        scale = self if scale_of is None or not len(scale_of) else scale_of
        weights = self.weights / max(float(scale.weights.mean()), MIN_WEIGHT) if len(self) else self.weights
        if half_life_days is not None:
            age = np.maximum((scale.times.max() - self.times) / DAY, 0.0) if len(self) else 0.0
            weights = weights * np.exp2(-np.minimum(age / half_life_days, MAX_HALVINGS))
        return Interactions.of_pairs(
            self.users,
            self.items,
            weights=weights.astype(np.float32),
            among=np.asarray(among, dtype=np.int64),
        )

    def last_active(self, *, count: int) -> NDArray[Any]:
        """Return the `count` most recently active users, or all if there are fewer."""
        users, rows = np.unique(self.users, return_inverse=True)
        last = np.zeros(len(users), dtype=np.int64)
        np.maximum.at(last, rows, self.times.astype(np.int64))
        return users[np.argsort(-last, kind="stable")[:count]]

    def fingerprint(self) -> str:
        """Return the SHA-256 of the rows, independent of their order, in hexadecimal."""
        return fingerprint_of((self.users, self.items, self.times, self.weights))


def fingerprint_of(columns: Sequence[NDArray[Any]]) -> str:
    """Return the SHA-256 of the rows of parallel columns, independent of their order, in hexadecimal."""
    order = np.lexsort(tuple(reversed(columns)))
    digest = hashlib.sha256()
    for column in columns:
        digest.update(str(column.dtype).encode())
        digest.update(np.ascontiguousarray(column[order]).tobytes())
    return digest.hexdigest()


class NothingToSplit(ValueError):
    """One side of the split would be empty."""

    def __init__(self, *, at: np.datetime64, before: int, after: int) -> None:
        super().__init__(f"a split at {at} leaves {before} interactions before it and {after} after it")
        self.before, self.after = before, after


def split_by_time(log: InteractionLog, *, at: np.datetime64) -> tuple[InteractionLog, InteractionLog]:
    """Return the rows before `at` and the rows from `at` on.

    Raises:
        NothingToSplit: one of the two is empty.
    """
    earlier = log.times < at
    before = int(earlier.sum())
    if before in (0, len(log)):
        raise NothingToSplit(at=at, before=before, after=len(log) - before)
    return log.where(earlier), log.where(~earlier)


def hold_out(pairs: Interactions, *, share: float, seed: int) -> tuple[Interactions, Interactions]:
    """Split off a random `share` of each user's pairs (rounded down), and return the rest and that share.

    Both parts have the rows and columns of `pairs`. This is for data without times. Nothing is split off for
    users with few pairs.
    """
    matrix = pairs.matrix.tocsr()
    counts = np.diff(matrix.indptr)
    rows = np.repeat(np.arange(len(counts)), counts)
    order = np.lexsort((np.random.default_rng(seed).random(matrix.nnz), rows))
    rank = np.empty(matrix.nnz, dtype=np.int64)
    rank[order] = np.arange(matrix.nnz) - np.repeat(matrix.indptr[:-1], counts)
    held = rank < (counts * share).astype(np.int64)[rows]
    return _part(pairs, ~held, rows), _part(pairs, held, rows)


def _part(pairs: Interactions, kept: NDArray[np.bool_], rows: Positions) -> Interactions:
    values, columns = pairs.matrix.data[kept], pairs.matrix.indices[kept]
    part = csr_array((values, (rows[kept], columns)), shape=pairs.matrix.shape)
    return Interactions(pairs.users, pairs.items, part)


def _greatest(
    rows: Positions, columns: Positions, values: NDArray[np.float32], shape: tuple[int, int]
) -> csr_array:
    order = np.lexsort((-values, columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    pointers = np.zeros(shape[0] + 1, dtype=np.int32)
    np.cumsum(np.bincount(rows[first], minlength=shape[0]), out=pointers[1:])
    return csr_array((values[first], columns[first].astype(np.int32), pointers), shape=shape)
