"""Low-pass filter of the item graph: what a history has in common with the strongest patterns.

Source: Shen et al., How powerful is graph convolution for recommendation? (GF-CF), CIKM 2021; the subspace by
Halko, Martinsson and Tropp, Finding structure with randomness, SIAM Review 53(2), 2011, algorithm 4.4.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cholesky, inv
from scipy.sparse import csr_array

from ml.catalogue import Catalogue
from ml.dataset import Interactions, Positions, Scores
from ml.models.item_item import damped, degrees
from ml.models.recipe import Count, NotNegative, Recipe, Seed

# A filter of full rank passes everything: it would only return the history.
MAX_RANK_SHARE = 8
POWER_ITERATIONS = 4
RIDGE = 1e-6
# Limits the memory of a copy in float64.
ROWS_AT_ONCE = 8_192


@dataclass(frozen=True)
class LowPass(Recipe):
    """score = X · Di^-item_exponent · V · Vᵀ · Di^item_exponent.

    V are the `factors` leading right singular vectors of Du^-user_exponent · X · Di^-item_exponent, at most
    an eighth of the number of users and of items.
    """

    name: ClassVar[str] = "low_pass"

    factors: Count = 512
    user_exponent: NotNegative = 0.25
    item_exponent: NotNegative = 0.4
    seed: Seed = 42

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> "FittedLowPass":
        del catalogue
        scale = degrees(train.matrix, axis=0) ** np.float32(self.item_exponent)
        normal = damped(train.matrix, exponent=self.user_exponent)
        normal.data /= scale[normal.indices]
        rank = min(self.factors, max(min(normal.shape) // MAX_RANK_SHARE, 1))
        vectors = _leading_subspace(normal, rank=rank, seed=self.seed)
        return FittedLowPass(
            into=vectors / scale[:, None], back=np.ascontiguousarray((vectors * scale[:, None]).T)
        )


@dataclass(frozen=True, slots=True)
class FittedLowPass:
    """`into` (items × factors) projects a history, `back` (factors × items) scores the result; float32."""

    into: NDArray[np.float32]
    back: NDArray[np.float32]

    def score(self, histories: csr_array) -> Scores:
        return np.asarray((histories @ self.into) @ self.back, dtype=np.float32)

    def contributions(self, histories: csr_array, items: Positions) -> NDArray[np.float32]:
        """Return what each entry of the histories adds to its user's items: entries × items of a user."""
        found = np.empty((histories.nnz, items.shape[1]), np.float32)
        for user, listed in enumerate(items):
            own = slice(histories.indptr[user], histories.indptr[user + 1])
            found[own] = self.into[histories.indices[own]] @ self.back[:, listed]
        return np.asarray(found * histories.data[:, None], dtype=np.float32)


def _leading_subspace(matrix: csr_array, *, rank: int, seed: int) -> NDArray[np.float32]:
    """Return an orthonormal basis, columns × rank, of about the leading right singular vectors."""
    transposed = csr_array(matrix.T)
    random = np.random.default_rng(seed)
    basis = random.standard_normal((matrix.shape[1], rank), dtype=np.float32)
    for _ in range(POWER_ITERATIONS):
        basis = _orthonormal(transposed @ (matrix @ basis))
    # The first pass leaves an error in the order of the condition number.
    return _orthonormal(basis)


def _orthonormal(basis: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return an orthonormal basis of the columns' span, by Cholesky QR; columns are scaled first."""
    basis = basis / np.maximum(np.linalg.norm(basis, axis=0), np.finfo(np.float32).tiny)
    gram = _gram(basis)
    # Keeps the factorisation finite if the matrix has a lower rank than the basis.
    gram[np.diag_indices_from(gram)] += RIDGE
    return np.asarray(basis @ inv(cholesky(gram)).astype(np.float32))


def _gram(basis: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return basisᵀ · basis; the error of a product in float32 would exceed the ridge."""
    total = np.zeros((basis.shape[1], basis.shape[1]))
    for start in range(0, len(basis), ROWS_AT_ONCE):
        rows = basis[start : start + ROWS_AT_ONCE].astype(np.float64)
        total += rows.T @ rows
    return total
