"""A blend that is chosen for the data: members by its size and density, shares by a validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from scipy.sparse import csr_array

from ml.catalogue import Catalogue
from ml.dataset import Interactions, Positions, hold_out
from ml.models import Fitted, Model
from ml.models.blend import Blend, FittedBlend
from ml.models.item_knn import ItemKnn
from ml.models.local_ridge import LocalRidge
from ml.models.low_pass import LowPass
from ml.models.recipe import Count, PartialShare, Recipe, Seed
from ml.models.shares import learn_shares, pooled
from ml.models.weighted_ease import WeightedEase

# Shares that are learned from fewer users are noise.
MIN_USERS = 200
# Buyers an item on average from which the inverse of all co-occurrences beats local regressions.
DENSE = 60
# Fitting again for a fiftieth of the pairs would take as long as the choice and gain next to nothing.
MAX_MISSING = 0.02


@dataclass(frozen=True)
class Best(Recipe):
    """Choose members by the data's properties, and learn their shares on a part of the training data.

    `validation_share` of the pairs of at most `validation_users` users is held out.
    `memory_mb` bounds the matrices of a dense member. With too few users for a validation, the default blend
    is chosen.
    """

    name: ClassVar[str] = "best"

    validation_share: PartialShare = 0.2
    validation_users: Count = 2_000
    memory_mb: Count = 2_000
    seed: Seed = 42

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> Fitted:
        return self.choose_and_fit(train, catalogue=catalogue)[1]

    def choose(self, train: Interactions) -> Model:
        """Return the chosen recipe, not fitted."""
        return self._chosen(train)[0]

    def choose_and_fit(
        self, train: Interactions, *, catalogue: Catalogue | None = None
    ) -> tuple[Model, Fitted]:
        """Return the chosen recipe, and the model fitted to `train`.

        If at most MAX_MISSING of the pairs were held out, the model is the one whose shares were measured,
        which learned from the others only.
        """
        recipe, fitted = self._chosen(train)
        return recipe, recipe.fit(train, catalogue=catalogue) if fitted is None else fitted

    def _chosen(self, train: Interactions) -> tuple[Model, Fitted | None]:
        whole, held = hold_out(train, share=self.validation_share, seed=self.seed)
        users = np.flatnonzero(np.diff(held.matrix.indptr) > 0)
        if len(users) < MIN_USERS:
            return Blend(), None
        if len(users) > self.validation_users:
            users = np.random.default_rng(self.seed).choice(users, self.validation_users, replace=False)
        learn, truth = _without(train, held, users=users), held.matrix[users]
        members = self.members(train)
        fitted = [member.fit(learn) for member in members]
        shares = learn_shares(pooled(fitted, whole.matrix[users]), truth)
        kept = [place for place, share in enumerate(shares) if share]
        used = tuple(shares[place] for place in kept)
        whole_enough = truth.nnz <= MAX_MISSING * train.matrix.nnz
        if len(kept) == 1:
            return members[kept[0]], fitted[kept[0]] if whole_enough else None
        recipe = Blend(tuple(members[place] for place in kept), used)
        return recipe, FittedBlend([fitted[place] for place in kept], used) if whole_enough else None

    def members(self, train: Interactions) -> Sequence[Model]:
        """Return the members to try, by the number of items and of interactions an item."""
        items = train.matrix.shape[1]
        dense = WeightedEase(memory_mb=self.memory_mb)
        buyers = train.matrix.nnz / max(items, 1)
        if buyers >= DENSE and dense.needed_mb(items) <= self.memory_mb:
            return dense, LowPass(factors=128, item_exponent=0.5), ItemKnn()
        if items <= 10_000:
            return LocalRidge(), ItemKnn(), LowPass(factors=256)
        return LocalRidge(), ItemKnn(), LowPass(factors=512), LowPass(factors=1_024)


def _without(train: Interactions, held: Interactions, *, users: Positions) -> Interactions:
    """Return the training data without the pairs that are held out of these users."""
    measured = np.zeros(len(train.users), dtype=bool)
    measured[users] = True
    rows = np.repeat(np.arange(len(measured)), np.diff(held.matrix.indptr))
    columns = held.matrix.indices
    width = train.matrix.shape[1]
    out = (rows * width + columns)[measured[rows]]
    every = train.matrix.tocoo()
    kept = ~np.isin(every.row.astype(np.int64) * width + every.col, out)
    part = csr_array((every.data[kept], (every.row[kept], every.col[kept])), shape=train.matrix.shape)
    return Interactions(train.users, train.items, part)
