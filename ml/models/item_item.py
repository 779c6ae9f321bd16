"""Shared parts of item–item models: co-occurrence, pruning and scoring."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from ml.dataset import UNKNOWN, Positions, Scores

BLOCK = 2048
# Keeps 1 / degree finite for an item without interactions, whose row of counts is empty.
MIN_DEGREE = 1e-6


@dataclass(frozen=True, slots=True)
class FittedItemItem:
    """`weights[i, j]` is what item i of the history adds to item j's score; float32, items × items."""

    weights: csr_array

    def score(self, histories: csr_array) -> Scores:
        return np.asarray((histories @ self.weights).toarray(), dtype=np.float32)

    def contributions(self, histories: csr_array, items: Positions) -> NDArray[np.float32]:
        """Return what each entry of the histories adds to its user's items: entries × items of a user."""
        reach = np.diff(self.weights.indptr)[histories.indices]
        before = np.cumsum(reach) - reach
        place = np.arange(reach.sum()) - np.repeat(before - self.weights.indptr[histories.indices], reach)
        entry = np.repeat(np.arange(histories.nnz), reach)
        columns = np.full((len(items), self.weights.shape[1]), UNKNOWN, dtype=np.int32)
        np.put_along_axis(columns, items, np.arange(items.shape[1], dtype=np.int32)[None, :], axis=1)
        column = columns[rows_of(histories)[entry], self.weights.indices[place]]
        listed = column != UNKNOWN
        found = np.zeros((histories.nnz, items.shape[1]), np.float32)
        found[entry[listed], column[listed]] = self.weights.data[place[listed]]
        return np.asarray(found * histories.data[:, None], dtype=np.float32)


def degrees(matrix: csr_array, *, axis: int) -> NDArray[np.float32]:
    """Return the sums of weights, by item for axis 0 and by user for axis 1."""
    sums = np.asarray(matrix.sum(axis=axis), dtype=np.float32).ravel()
    return np.maximum(sums, MIN_DEGREE)


def damped(matrix: csr_array, *, exponent: float) -> csr_array:
    """Return the matrix with each row multiplied by its degree to the power of `-exponent`."""
    factor = degrees(matrix, axis=1) ** np.float32(-exponent)
    values = matrix.data * np.repeat(factor, np.diff(matrix.indptr))
    return csr_array((values.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)


def co_occurrence(matrix: csr_array, *, user_exponent: float) -> Iterator[tuple[int, csr_array]]:
    """Yield blocks of rows of Xᵀ·Du^-user_exponent·X, each with the number of its first row.

    The exponent reduces the weight of users with long histories.
    """
    by_item = csr_array(damped(matrix, exponent=user_exponent).T)
    for start in range(0, matrix.shape[1], BLOCK):
        yield start, csr_array(by_item[start : start + BLOCK] @ matrix)


def rows_of(block: csr_array) -> NDArray[np.int64]:
    """Return the row, within the block, of each stored value."""
    return np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))


def keep_greatest(block: csr_array, *, count: int) -> csr_array:
    """Return the block with only the `count` greatest values of each row."""
    if np.diff(block.indptr).max(initial=0) <= count:
        return block
    rows = rows_of(block)
    order = np.lexsort((-block.data, rows))
    rank = np.arange(block.nnz) - np.repeat(block.indptr[:-1], np.diff(block.indptr))
    kept = np.sort(order[rank < count])
    pointers = np.concatenate(([0], np.cumsum(np.bincount(rows[kept], minlength=block.shape[0]))))
    return csr_array(
        (block.data[kept], block.indices[kept], pointers.astype(block.indptr.dtype)), shape=block.shape
    )
