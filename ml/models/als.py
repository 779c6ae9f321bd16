"""Matrix factorisation for implicit feedback by alternating least squares.

Source: Hu, Koren and Volinsky, Collaborative filtering for implicit feedback datasets, ICDM 2008, as
implemented by the library `implicit`.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from implicit.cpu.als import AlternatingLeastSquares
from scipy.sparse import csr_array, csr_matrix
from threadpoolctl import threadpool_limits

from ml import engines
from ml.catalogue import Catalogue
from ml.dataset import Interactions, Scores
from ml.models.recipe import Count, Positive, Recipe, Seed


@dataclass(frozen=True)
class Als(Recipe):
    """ALS with `factors` latent factors.

    An interaction of weight w has the confidence alpha·w (1 + alpha·w in the paper), every other pair 1.
    """

    name: ClassVar[str] = "als"

    factors: Count = 128
    regularization: Positive = 0.05
    alpha: Positive = 10.0
    iterations: Count = 15
    seed: Seed = 42

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> "FittedAls":
        del catalogue
        if (engine := engines.current()) is not None:
            return engine.als(self, train)
        # The solver has its own threads, and BLAS threads in each of them would compete for the cores.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=self.alpha,
                iterations=self.iterations,
                random_state=self.seed,
            )
            model.fit(csr_matrix(train.matrix), show_progress=False)
        return FittedAls(model)


@dataclass(frozen=True, slots=True)
class FittedAls:
    model: AlternatingLeastSquares

    def score(self, histories: csr_array) -> Scores:
        """Return scores from factors solved for each history, so that new users need no retraining."""
        rows = np.arange(histories.shape[0])
        with threadpool_limits(1, "blas"):
            factors = self.model.recalculate_user(rows, csr_matrix(histories))
        return np.asarray(factors @ self.model.item_factors.T, dtype=np.float32)
