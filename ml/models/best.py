"""A blend that is chosen for the data: members by its size and density, shares by a validation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ml.catalogue import Catalogue
from ml.dataset import Interactions, hold_out
from ml.models import Fitted, Model
from ml.models.blend import Blend
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


@dataclass(frozen=True)
class Best(Recipe):
    """Choose members by the data's properties, and learn their shares on a part of the training data.

    `validation_share` of each user's pairs is held out; at most `validation_users` users are measured.
    `memory_mb` bounds the matrices of a dense member. With too few users for a validation, the default blend
    is chosen.
    """

    name: ClassVar[str] = "best"

    validation_share: PartialShare = 0.2
    validation_users: Count = 2_000
    memory_mb: Count = 2_000
    seed: Seed = 42

    def fit(self, train: Interactions, *, catalogue: Catalogue | None = None) -> Fitted:
        return self.choose(train).fit(train, catalogue=catalogue)

    def choose(self, train: Interactions) -> Model:
        """Return the chosen recipe, not fitted."""
        learn, held = hold_out(train, share=self.validation_share, seed=self.seed)
        users = np.flatnonzero(np.diff(held.matrix.indptr) > 0)
        if len(users) < MIN_USERS:
            return Blend()
        if len(users) > self.validation_users:
            users = np.random.default_rng(self.seed).choice(users, self.validation_users, replace=False)
        members = self.members(train)
        pool = pooled([member.fit(learn) for member in members], learn.matrix[users])
        shares = learn_shares(pool, held.matrix[users])
        kept = [(member, share) for member, share in zip(members, shares, strict=True) if share]
        if len(kept) == 1:
            return kept[0][0]
        return Blend(tuple(member for member, _ in kept), tuple(share for _, share in kept))

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
