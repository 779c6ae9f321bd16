"""A linear autoencoder with a closed form, whose users and items are weighted by their degrees.

Source: Steck, Embarrassingly shallow autoencoders for sparse data, WWW 2019. The weights reduce the influence
of users with long histories and of popular items.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg.lapack import spotrf, spotri
from scipy.sparse import csr_array

from ml.catalogue import Catalogue
from ml.dataset import Interactions, Positions, Scores
from ml.models import ModelTooLarge
from ml.models.item_item import degrees, rows_of
from ml.models.recipe import Count, NotNegative, Positive, Recipe

# The sparse product, the matrix that LAPACK inverts in place, and the weights.
MATRICES = 3


class NotInvertible(ValueError):
    """The matrix of co-occurrences can't be inverted, because the ridge is too small."""

    def __init__(self, name: str, *, ridge: float) -> None:
        super().__init__(
            f"{name} can't invert the co-occurrences with ridge={ridge:g}; choose a greater ridge"
        )
        self.name, self.ridge = name, ridge


@dataclass(frozen=True)
class WeightedEase(Recipe):
    """score = X · Di^-item_exponent · B · Di^target_exponent.

    B = I - P · diag(1 / diag P), P = (YᵀY + ridge·I)^-1, and Y is X with its rows multiplied by
    (mean degree / degree)^user_exponent and its columns by (mean degree / degree)^item_exponent.
    `memory_mb` bounds the memory of `fit`, which grows with the square of the number of items.
    """

    name: ClassVar[str] = "weighted_ease"

    ridge: Positive = 1_000.0
    user_exponent: NotNegative = 0.5
    item_exponent: NotNegative = 0.3
    target_exponent: NotNegative = 0.15
    memory_mb: Count = 2_000

    def needed_mb(self, items: int) -> int:
        """Return the memory that `fit` takes for this number of items, in MB."""
        return MATRICES * 4 * items**2 // 1_000_000 + 1

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> "FittedDense":
        """Return the fitted weights.

        Raises:
            ModelTooLarge: the matrices need more than `memory_mb`.
            NotInvertible: `ridge` is too small for this data.
        """
        del catalogue
        items = train.matrix.shape[1]
        if self.needed_mb(items) > self.memory_mb:
            raise ModelTooLarge(
                self.name, items=items, needed_mb=self.needed_mb(items), memory_mb=self.memory_mb
            )
        degree = degrees(train.matrix, axis=0)
        history = (degree.mean() / degree) ** np.float32(self.item_exponent)
        weights = self._weights(_weighted(train.matrix, history=history, exponent=self.user_exponent))
        weights *= history[:, None]
        weights *= degree[None, :] ** np.float32(self.target_exponent)
        return FittedDense(weights)

    def _weights(self, weighted: csr_array) -> NDArray[np.float32]:
        gram = np.asarray((weighted.T @ weighted).todense(order="F"), dtype=np.float32)
        diagonal = np.arange(gram.shape[0])
        gram[diagonal, diagonal] += np.float32(self.ridge)
        factor, failed = spotrf(gram, overwrite_a=True, lower=True)
        if failed:
            raise NotInvertible(self.name, ridge=self.ridge)
        inverse, failed = spotri(factor, overwrite_c=True, lower=True)
        if failed:
            raise NotInvertible(self.name, ridge=self.ridge)
        # LAPACK writes one triangle only.
        inverse = np.tril(inverse)
        inverse += np.tril(inverse, -1).T
        inverse /= -inverse[diagonal, diagonal].copy()
        inverse[diagonal, diagonal] = 0
        return np.asarray(inverse, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class FittedDense:
    """`weights[i, j]` is what item i of the history adds to item j's score; float32, items × items."""

    weights: NDArray[np.float32]

    def score(self, histories: csr_array) -> Scores:
        return np.asarray(histories @ self.weights, dtype=np.float32)

    def contributions(self, histories: csr_array, items: Positions) -> NDArray[np.float32]:
        """Return what each entry of the histories adds to its user's items: entries × items of a user."""
        listed = items[rows_of(histories)]
        found = self.weights[histories.indices[:, None], listed] * histories.data[:, None]
        return np.asarray(found, dtype=np.float32)


def _weighted(matrix: csr_array, *, history: NDArray[np.float32], exponent: float) -> csr_array:
    """Return the matrix with its rows and columns multiplied by their weights."""
    degree = degrees(matrix, axis=1)
    users = (degree.mean() / degree) ** np.float32(exponent)
    values = matrix.data * np.repeat(users, np.diff(matrix.indptr)) * history[matrix.indices]
    return csr_array((values.astype(np.float32), matrix.indices, matrix.indptr), shape=matrix.shape)
