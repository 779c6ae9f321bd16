"""The next basket: what a shopper bought before, and what similar shoppers buy.

Source: Faggioli, Polato and Aiolli, Recency aware collaborative filtering for next basket recommendation,
UMAP 2020 (decayed personal frequencies and nearest users); Hu et al., Modeling personalized item frequency
information for next-basket recommendation (TIFU-kNN), SIGIR 2020 (the sum of both).
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from ml.baskets import Baskets
from ml.dataset import Scores
from ml.models.item_item import keep_greatest
from ml.models.recipe import Count, NotNegative, Recipe, Share

# Keeps the similarities of a block of shoppers with all others small.
SHOPPERS_AT_ONCE = 512
# Below the share of any bought item, so that popular items only fill what is left of a list.
POPULAR = 1e-6


@dataclass(frozen=True)
class BuyAgain(Recipe):
    """score = own · (own share of the item) + (1 - own) · (mean share among the nearest shoppers).

    A purchase weighs decay^age, with the age in later baskets; a shopper's shares are the weights divided by
    their sum. Nearest are the `neighbours` shoppers with the greatest cosine of the shares multiplied by the
    items' ln(shoppers / buyers)^rarity. Items with equal scores are ranked by popularity.
    """

    name: ClassVar[str] = "buy_again"

    decay: Share = 0.95
    own: Share = 0.1
    neighbours: Count = 300
    rarity: NotNegative = 1.0

    def fit(self, train: Baskets) -> "FittedBuyAgain":
        weights = train.weighted(self.decay**train.ages)
        buyers = np.bincount(weights.indices, minlength=weights.shape[1])
        idf = np.log((1 + weights.shape[0]) / (1 + buyers)).astype(np.float32) ** np.float32(self.rarity)
        shares = _divided(weights, np.asarray(weights.sum(axis=1)))
        popular = np.asarray(weights.sum(axis=0), dtype=np.float32)
        return FittedBuyAgain(self, shares, _unit(shares, idf=idf), idf, popular / max(popular.max(), 1e-9))


@dataclass(frozen=True, slots=True)
class FittedBuyAgain:
    """`shares` and `vectors` (shoppers × items) are those of the shoppers in the training data."""

    recipe: BuyAgain
    shares: csr_array
    vectors: csr_array
    idf: NDArray[np.float32]
    popular: NDArray[np.float32]

    def score(self, histories: Baskets) -> Scores:
        """Return the scores, shoppers × items, of histories with the training data's items.

        A shopper of the training data is among their own neighbours, which is right only where the item to
        predict is not in it. Scores of a shopper without a history are the items' popularity.
        """
        recipe = self.recipe
        weights = histories.weighted(recipe.decay**histories.ages)
        own = _divided(weights, np.asarray(weights.sum(axis=1)))
        wanted = _unit(own, idf=self.idf)
        near = keep_greatest(csr_array(wanted @ self.vectors.T), count=recipe.neighbours)
        near = csr_array((np.ones_like(near.data), near.indices, near.indptr), shape=near.shape)
        others = _divided(csr_array(near @ self.shares), np.maximum(np.diff(near.indptr), 1))
        scores = (np.float32(recipe.own) * own + np.float32(1 - recipe.own) * others).toarray()
        return np.asarray(scores + np.float32(POPULAR) * self.popular, dtype=np.float32)


def _divided(matrix: csr_array, sums: NDArray[np.generic]) -> csr_array:
    """Return the matrix with each row divided by its sum, unchanged if that is 0."""
    factor = 1 / np.where(sums == 0, 1, sums).astype(np.float32)
    return csr_array(diags_array(factor, dtype=np.float32) @ matrix)


def _unit(shares: csr_array, *, idf: NDArray[np.float32]) -> csr_array:
    """Return the shares multiplied by the idf, in rows of length 1."""
    weighted = csr_array(shares @ diags_array(idf, dtype=np.float32))
    return _divided(weighted, np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))))
