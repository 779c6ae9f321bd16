"""The next basket: candidates of `buy_again`, ranked by boosted trees that learn from the last baskets.

Source: the two stages of Covington, Adams and Sargin, Deep neural networks for YouTube recommendations,
RecSys 2016 (candidates, then a ranking of them). The trees are scikit-learn's histogram gradient boosting.
"""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier

from ml.baskets import Baskets
from ml.dataset import UNKNOWN, Positions, Scores
from ml.models.buy_again import MIN_MEASURED, SHOPPERS_AT_ONCE, BuyAgain, FittedBuyAgain
from ml.models.item_item import keep_greatest
from ml.models.recipe import Count, Positive, Recipe, Seed, Share
from ml.top import top

# A shopper's weights of an item for these decays a basket: what is bought now, lately, and ever.
DECAYS = (0.8, 0.9, 0.97)
# Keeps the logarithm of a share finite.
SMALL = 1e-5
# Near shoppers are those among `neighbours`, and among this part of them.
FEW = 6
# Above the popularity of any item, which is at most 1.
CANDIDATE = np.float32(2)
# Fewer examples in a leaf are noise: one candidate in a hundred is bought.
LEAST_IN_LEAF = 100


@dataclass(frozen=True)
class RankedBasket(Recipe):
    """score = the probability, by boosted trees, that the candidate is in the next basket.

    Candidates are the shopper's own items, at most `own_items` with the greatest shares, and the
    `candidates` items with the greatest mean shares among the nearest shoppers. The trees learn from the last
    baskets of at most `learned_from` shoppers, predicted from those before. Other items follow by popularity.

    With fewer than 100 shoppers who have two baskets, `buy_again` is fitted instead.
    """

    name: ClassVar[str] = "ranked_basket"

    decay: Share = 0.97
    neighbours: Count = 300
    candidates: Count = 60
    own_items: Count = 400
    learned_from: Count = 2_500
    trees: Count = 150
    leaves: Count = 12
    learning_rate: Positive = 0.05
    seed: Seed = 0

    def fit(self, train: Baskets) -> "FittedRankedBasket | FittedBuyAgain":
        base = BuyAgain(decay=self.decay, neighbours=self.neighbours)
        histories, last = train.split_last()
        shoppers = np.unique(histories.shoppers)
        if len(shoppers) < MIN_MEASURED:
            return BuyAgain().fit(train)
        if len(shoppers) > self.learned_from:
            shoppers = np.random.default_rng(self.seed).choice(shoppers, self.learned_from, replace=False)
        earlier = _Candidates(self, base.fit(histories), purchases_a_buyer=_purchases_a_buyer(histories))
        parts = []
        for block in np.array_split(np.sort(shoppers), -(-len(shoppers) // SHOPPERS_AT_ONCE)):
            rows, items, features = earlier.found(histories.of_shoppers(block))
            held = last.of_shoppers(block)
            width = len(train.items)
            parts.append((features, np.isin(rows * width + items, held.shoppers * width + held.positions)))
        bought = np.concatenate([labels for _, labels in parts])
        if bought.all() or not bought.any():
            return BuyAgain().fit(train)
        trees = HistGradientBoostingClassifier(
            max_iter=self.trees,
            max_leaf_nodes=self.leaves,
            learning_rate=self.learning_rate,
            min_samples_leaf=LEAST_IN_LEAF,
            early_stopping=False,
            random_state=self.seed,
        )
        trees.fit(np.concatenate([features for features, _ in parts]), bought)
        del parts
        return FittedRankedBasket(
            _Candidates(self, base.fit(train), purchases_a_buyer=_purchases_a_buyer(train)), trees
        )


@dataclass(frozen=True, slots=True)
class FittedRankedBasket:
    candidates: "_Candidates"
    trees: HistGradientBoostingClassifier

    def score(self, histories: Baskets) -> Scores:
        """Return the scores, shoppers × items, of histories with the training data's items."""
        rows, items, features = self.candidates.found(histories)
        scores = np.tile(self.candidates.base.popular, (len(histories.ids), 1))
        if len(rows):
            scores[rows, items] = CANDIDATE + self.trees.predict_proba(features)[:, 1].astype(np.float32)
        return scores


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Finds candidates and their features; `purchases_a_buyer` (items) is the mean number of purchases."""

    recipe: RankedBasket
    base: FittedBuyAgain
    purchases_a_buyer: NDArray[np.float32]

    def found(self, histories: Baskets) -> tuple[Positions, Positions, NDArray[np.float32]]:
        """Return the candidates as parallel rows and items, and their features, candidates × features."""
        own, similar = self.base.similar(histories)
        own = keep_greatest(own, count=self.recipe.own_items)
        width = own.shape[1]
        nearest = [
            self.base.shares_among(similar, neighbours=count).toarray()
            for count in (max(self.recipe.neighbours // FEW, 1), self.recipe.neighbours)
        ]
        keys = [np.repeat(np.arange(own.shape[0]), np.diff(own.indptr)) * width + own.indices]
        for shares in nearest:
            best = top(shares, k=min(self.recipe.candidates, width))
            keys.append((np.arange(len(best))[:, None] * width + best).ravel())
        pool = np.unique(np.concatenate(keys))
        rows, items = pool // width, pool % width
        shared = [shares[rows, items] for shares in nearest]
        features = [
            *_own_features(histories, pool=pool),
            *shared,
            *(np.log(share + SMALL) for share in shared),
            np.log(self.base.popular[items] + SMALL),
            self.base.idf[items],
            self.purchases_a_buyer[items],
        ]
        return rows, items, np.column_stack(features).astype(np.float32)


def _own_features(histories: Baskets, *, pool: Positions) -> list[NDArray[np.float64]]:
    """Return what the shoppers' own baskets say of the candidates `pool` (row · items + item, ascending).

    Ages and intervals are in baskets; an item that was never bought has the age of the whole history.
    """
    width, shoppers = len(histories.items), len(histories.ids)
    order = np.argsort(histories.shoppers * width + histories.positions, kind="stable")
    order = order[histories.positions[order] != UNKNOWN]
    keys = histories.shoppers[order] * width + histories.positions[order]
    places = np.minimum(np.searchsorted(pool, keys), len(pool) - 1)
    wanted = pool[places] == keys
    places, ages = places[wanted], histories.ages[order][wanted]
    baskets = np.zeros(shoppers)
    np.maximum.at(baskets, histories.shoppers, histories.ages + 1.0)
    baskets = np.maximum(baskets, 1)
    length = baskets[pool // width]
    counts = np.bincount(places, minlength=len(pool))
    latest, oldest = length.copy(), np.zeros(len(pool))
    np.minimum.at(latest, places, ages)
    np.maximum.at(oldest, places, ages)
    # The mean interval between purchases; the whole history for what was bought once.
    cycle = np.where(counts > 1, (oldest - latest) / np.maximum(counts - 1, 1), length)
    weights = [np.bincount(places, weights=decay**ages, minlength=len(pool)) for decay in DECAYS]
    sums = [
        np.bincount(histories.shoppers, weights=decay**histories.ages, minlength=shoppers) for decay in DECAYS
    ]
    size = np.bincount(histories.shoppers, minlength=shoppers) / baskets
    return [
        counts.astype(np.float64),
        counts / length,
        latest,
        cycle,
        np.where(counts > 0, (latest + 1) / np.maximum(cycle, 1), 0),
        np.bincount(places, weights=1 / (1.0 + ages), minlength=len(pool)),
        *weights,
        *(
            weight / np.maximum(total, SMALL)[pool // width]
            for weight, total in zip(weights, sums, strict=True)
        ),
        length,
        size[pool // width],
    ]


def _purchases_a_buyer(train: Baskets) -> NDArray[np.float32]:
    """Return for each item the mean number of baskets with it among the shoppers who bought it."""
    width = len(train.items)
    known = train.positions[train.positions != UNKNOWN]
    shoppers = train.shoppers[train.positions != UNKNOWN]
    buyers = np.bincount(np.unique(shoppers * width + known) % width, minlength=width)
    return (np.bincount(known, minlength=width) / np.maximum(buyers, 1)).astype(np.float32)
