"""Popularity: the baseline for all other models."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array

from ml.catalogue import Catalogue
from ml.dataset import Interactions, Scores
from ml.models.recipe import Recipe


@dataclass(frozen=True)
class Popularity(Recipe):
    """The sum of an item's weights, the same for all histories."""

    name: ClassVar[str] = "popularity"

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> "FittedPopularity":
        del catalogue
        return FittedPopularity(np.asarray(train.matrix.sum(axis=0), dtype=np.float32).ravel())


@dataclass(frozen=True, slots=True)
class FittedPopularity:
    totals: Scores

    def score(self, histories: csr_array) -> Scores:
        return np.tile(self.totals, (histories.shape[0], 1))
