"""Ridge regression of each item on its nearest items: a sparse linear model without a dense inverse.

Source: Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019 (the regression); Ning and
Karypis, SLIM, ICDM 2011, section on feature selection (regressing on the nearest neighbours only).
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from threadpoolctl import threadpool_info, threadpool_limits

from ml.catalogue import Catalogue
from ml.dataset import Interactions
from ml.models.item_item import FittedItemItem, co_occurrence, damped, degrees, rows_of
from ml.models.recipe import Count, NotNegative, Positive, Recipe

SYSTEMS_AT_ONCE = 128


@dataclass(frozen=True)
class LocalRidge(Recipe):
    """For each target j the weights w that solve (G_NN + ridge·I) w = G_Nj over its neighbours N.

    N are the `neighbours` items with the largest G_ij · d_i^-neighbour_exponent; the weight of i for j is
    w_i · d_j^-target_exponent and may be negative.
    """

    name: ClassVar[str] = "local_ridge"

    user_exponent: NotNegative = 0.3
    neighbour_exponent: NotNegative = 0.5
    target_exponent: NotNegative = 0.15
    ridge: Positive = 30.0
    neighbours: Count = 100

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> FittedItemItem:
        del catalogue
        degree = degrees(train.matrix, axis=0)
        # Half the exponent on each side of the product gives the exponent of G.
        halved = csr_array(damped(train.matrix, exponent=self.user_exponent / 2).T)
        columns, values = [], []
        threads = _blas_threads()
        # The systems are too small for BLAS threads to be worth their synchronisation.
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(threads) as pool:
            for first, block in co_occurrence(train.matrix, user_exponent=self.user_exponent):

                def solved(
                    start: int, *, first: int = first, block: csr_array = block
                ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
                    counts = csr_array(block[start : start + SYSTEMS_AT_ONCE])
                    near, right = self._neighbours(counts, first=first + start, degree=degree)
                    return near, self._solve(near, right, by_item=halved)

                for near, weights in pool.map(solved, range(0, block.shape[0], SYSTEMS_AT_ONCE)):
                    columns.append(near)
                    values.append(weights)
        target = degree ** np.float32(-self.target_exponent)
        return FittedItemItem(_weights(np.concatenate(columns), np.concatenate(values), target=target))

    def _neighbours(
        self, counts: csr_array, *, first: int, degree: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return item positions, targets × neighbours padded with -1, and their G_Nj."""
        rows = rows_of(counts)
        others = counts.indices != rows + first
        rows, items, together = rows[others], counts.indices[others], counts.data[others]
        order = np.lexsort((-together * degree[items] ** np.float32(-self.neighbour_exponent), rows))
        starts = np.concatenate(([0], np.cumsum(np.bincount(rows, minlength=counts.shape[0]))))
        rank = np.arange(len(rows)) - starts[rows]
        order, rank = order[rank < self.neighbours], rank[rank < self.neighbours]
        near = np.full((counts.shape[0], self.neighbours), -1, dtype=np.int64)
        right = np.zeros(near.shape, dtype=np.float64)
        near[rows[order], rank] = items[order]
        right[rows[order], rank] = together[order]
        return near, right

    def _solve(
        self, near: NDArray[np.int64], right: NDArray[np.float64], *, by_item: csr_array
    ) -> NDArray[np.float64]:
        systems = _local_counts(near, by_item=by_item)
        diagonal = np.arange(self.neighbours)
        systems[:, diagonal, diagonal] += self.ridge
        return np.asarray(np.linalg.solve(systems, right[:, :, None])[:, :, 0])


def _blas_threads() -> int:
    """Return how many threads BLAS may use, which is the limit for other work, too."""
    return max((int(one["num_threads"]) for one in threadpool_info() if one["user_api"] == "blas"), default=1)


def _local_counts(near: NDArray[np.int64], *, by_item: csr_array) -> NDArray[np.float64]:
    """Return G restricted to each target's neighbours: targets × neighbours × neighbours.

    Computed as one sparse product for all targets: each target gets separate copies of the users, which makes
    the product block diagonal.
    """
    targets, width = near.shape
    flat = near.ravel()
    starts = np.where(flat >= 0, by_item.indptr[flat], 0)
    lengths = np.where(flat >= 0, by_item.indptr[flat + 1] - by_item.indptr[flat], 0)
    pointers = np.concatenate(([0], np.cumsum(lengths)))
    places = np.arange(pointers[-1]) - np.repeat(pointers[:-1] - starts, lengths)
    users = by_item.indices[places] + np.repeat(np.arange(len(flat)) // width, lengths) * by_item.shape[1]
    own = csr_array(
        (by_item.data[places].astype(np.float64), users, pointers),
        shape=(len(flat), targets * by_item.shape[1]),
    )
    product = (own @ csr_array(own.T)).tocoo()
    systems = np.zeros((targets, width, width))
    systems[product.row // width, product.row % width, product.col % width] = product.data
    return systems


def _weights(
    near: NDArray[np.int64], solved: NDArray[np.float64], *, target: NDArray[np.float32]
) -> csr_array:
    items = len(near)
    targets = np.repeat(np.arange(items, dtype=np.int32), near.shape[1])
    rows, values = near.ravel().astype(np.int32), solved.ravel() * target[targets]
    kept = rows >= 0
    triplets = (values[kept].astype(np.float32), (rows[kept], targets[kept]))
    return csr_array(triplets, shape=(items, items))
