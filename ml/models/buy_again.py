"""The next basket: what a shopper bought before, and what similar shoppers buy.

Source: Faggioli, Polato and Aiolli, Recency aware collaborative filtering for next basket recommendation,
UMAP 2020 (decayed personal frequencies and nearest users); Hu et al., Modeling personalized item frequency
information for next-basket recommendation (TIFU-kNN), SIGIR 2020 (the sum of both).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, diags_array

from ml.baskets import Baskets
from ml.dataset import Positions, Scores
from ml.metrics import hits, recall
from ml.models.item_item import keep_greatest
from ml.models.recipe import Count, NotNegative, Recipe, Share
from ml.top import top

# Keeps the similarities of a block of shoppers with all others small.
SHOPPERS_AT_ONCE = 512
# Smaller than the share of any bought item: popular items are ranked after all bought ones.
POPULAR = 1e-6
SHARES = (0.1, 0.3, 0.5, 0.7)
NEIGHBOURS = (100, 300)
DECAYS = (0.9, 0.95, 0.97, 0.99)
MEASURED = 1_000
MIN_MEASURED = 100


@dataclass(frozen=True)
class BuyAgain(Recipe):
    """score = own · (own share of the item) + (1 - own) · (mean share among the nearest shoppers).

    A purchase weighs decay^age, with the age in later baskets; a shopper's shares are the weights divided by
    their sum. Nearest are the `neighbours` shoppers with the greatest cosine of the shares multiplied by the
    items' ln((1 + shoppers) / (1 + buyers))^rarity. Items with equal scores are ranked by popularity.
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
        if self.recipe.own == 1:
            weights = histories.weighted(self.recipe.decay**histories.ages)
            own = _divided(weights, np.asarray(weights.sum(axis=1)))
            return self.combined(own, csr_array(own.shape, dtype=np.float32), share=1)
        own, others = self.parts(histories)
        return self.combined(own, others, share=self.recipe.own)

    def parts(self, histories: Baskets) -> tuple[csr_array, csr_array]:
        """Return the shoppers' own shares, and the mean shares among their nearest shoppers."""
        own, similar = self.similar(histories)
        return own, self.shares_among(similar, neighbours=self.recipe.neighbours)

    def similar(self, histories: Baskets) -> tuple[csr_array, csr_array]:
        """Return the shoppers' own shares, and their cosine with each shopper of the training data."""
        weights = histories.weighted(self.recipe.decay**histories.ages)
        own = _divided(weights, np.asarray(weights.sum(axis=1)))
        return own, csr_array(_unit(own, idf=self.idf) @ self.vectors.T)

    def shares_among(self, similar: csr_array, *, neighbours: int) -> csr_array:
        """Return the mean shares among the shoppers with the greatest cosines, shoppers × items."""
        near = keep_greatest(similar, count=neighbours)
        near = csr_array((np.ones_like(near.data), near.indices, near.indptr), shape=near.shape)
        return _divided(csr_array(near @ self.shares), np.maximum(np.diff(near.indptr), 1))

    def combined(self, own: csr_array, others: csr_array, *, share: float) -> Scores:
        """Return the scores for this share of the shoppers' own purchases."""
        scores = (np.float32(share) * own + np.float32(1 - share) * others).toarray()
        return np.asarray(scores + np.float32(POPULAR) * self.popular, dtype=np.float32)


def choose(train: Baskets, *, recipe: BuyAgain, k: int = 10, given: Collection[str] = ()) -> BuyAgain:
    """Return the recipe with the parameters that have the greatest recall@k on the last baskets of `train`.

    The last basket of at most MEASURED shoppers is predicted from those before it: first for all of SHARES
    and NEIGHBOURS, then with the best of them for all of DECAYS. Values of `recipe` are tried, too, and the
    parameters named in `given` are kept. With fewer than MIN_MEASURED shoppers the recipe is returned
    unchanged.
    """
    histories, last = train.split_last()
    shoppers = np.unique(histories.shoppers)
    if len(shoppers) < MIN_MEASURED:
        return recipe
    if len(shoppers) > MEASURED:
        shoppers = np.random.default_rng(0).choice(shoppers, MEASURED, replace=False)
    shares = (recipe.own,) if "own" in given else SHARES
    counts = {recipe.neighbours, *(() if "neighbours" in given else NEIGHBOURS)}
    decays = {recipe.decay, *(() if "decay" in given else DECAYS)}

    def best(tried: Iterable[BuyAgain], *, shares: Sequence[float]) -> BuyAgain:
        found = [
            (value, replace(one, own=share))
            for one in tried
            for share, value in zip(
                shares,
                _recalls(one, histories, last=last, shoppers=shoppers, shares=shares, k=k),
                strict=True,
            )
        ]
        return max(found, key=lambda pair: pair[0])[1]

    if len(shares) > 1 or len(counts) > 1:
        recipe = best((replace(recipe, neighbours=count) for count in sorted(counts)), shares=shares)
    if len(decays) > 1:
        recipe = best((replace(recipe, decay=decay) for decay in sorted(decays)), shares=(recipe.own,))
    return recipe


def _recalls(
    recipe: BuyAgain,
    histories: Baskets,
    *,
    last: Baskets,
    shoppers: Positions,
    shares: Sequence[float],
    k: int,
) -> NDArray[np.float64]:
    """Return the sum of the shoppers' recalls of their last baskets for each share of own purchases."""
    fitted = recipe.fit(histories)
    recalls = np.zeros(len(shares))
    for block in np.array_split(shoppers, -(-len(shoppers) // SHOPPERS_AT_ONCE)):
        own, others = fitted.parts(histories.of_shoppers(block))
        held = last.of_shoppers(block)
        truth = held.weighted(np.ones(len(held.shoppers)))
        sizes = np.maximum(np.bincount(held.shoppers, minlength=len(block)), 1)
        for place, share in enumerate(shares):
            ranked = top(fitted.combined(own, others, share=share), k=k)
            recalls[place] += recall(hits(ranked, truth), sizes).sum()
    return recalls


def _divided(matrix: csr_array, sums: NDArray[np.generic]) -> csr_array:
    """Return the matrix with each row divided by its sum, unchanged if that is 0."""
    factor = 1 / np.where(sums == 0, 1, sums).astype(np.float32)
    return csr_array(diags_array(factor, dtype=np.float32) @ matrix)


def _unit(shares: csr_array, *, idf: NDArray[np.float32]) -> csr_array:
    """Return the shares multiplied by the idf, in rows of length 1."""
    weighted = csr_array(shares @ diags_array(idf, dtype=np.float32))
    return _divided(weighted, np.sqrt(np.asarray(weighted.multiply(weighted).sum(axis=1))))
