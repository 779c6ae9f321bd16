"""What the limits of training cost on honest behaviour: the same test after learning with and without them.

Trust is computed from the part before the split, so that no purchase of the test part makes a shopper
trusted. Every shopper gets one of a few networks, as behind the addresses of mobile carriers, so that the
limits of networks apply.
"""

import numpy as np
from numpy.typing import NDArray

from ml import contest, metrics, trust
from ml.catalogue import Catalogue
from ml.contest import Candidate, TimeSplit
from ml.dataset import InteractionLog
from ml.evaluate import tested
from ml.intervals import mean_interval
from ml.models.als import Als
from ml.models.blend import Blend
from ml.models.item_knn import ItemKnn
from ml.models.popularity import Popularity
from ml.top import rank
from ml.trust import Origins

TEST_SHARE = 0.15
NETWORKS = 30
RECIPES = (
    Candidate(Popularity(), 30),
    Candidate(ItemKnn(), 30),
    Candidate(Blend(), 30),
    Candidate(Als(factors=32), 30),
)


def compare(log: InteractionLog, origins: Origins) -> None:
    """Print NDCG and recall of each recipe with and without the limits, and the interval of the change."""
    split = contest.split_log(log, Catalogue.of([]), share=TEST_SHARE)
    if split is None:
        raise ValueError("the history is too short to split")
    before = log.times < split.split_at
    known = Origins(origins.arrived[before], _networks(log)[before], origins.purchases[before])
    limited = trust.learned(split.train, known)
    print(f"honest behaviour: {len(split.train)} rows, {limited.as_dict()}")
    print("recipe                    metric        all   limited  difference (95 % interval)")
    for recipe in RECIPES:
        everything = _by_user(recipe, split, learned_from=split.train)
        less = _by_user(recipe, split, learned_from=limited.log)
        for name, old in everything.items():
            new = less[name]
            difference = mean_interval(new - old, confidence=0.95)
            print(
                f"{recipe.label[:24]:24}  {name:9}  {old.mean():.4f}    {new.mean():.4f}  "
                f"{difference.mean:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})"
            )


def _networks(log: InteractionLog) -> NDArray[np.uint64]:
    """Return the network of each row: one for each shopper, some with many shoppers and some with few."""
    users, rows = np.unique(log.users, return_inverse=True)
    chance = np.random.default_rng(3)
    shares = 1 / np.arange(1, NETWORKS + 1)
    return (1 + chance.choice(NETWORKS, size=len(users), p=shares / shares.sum()))[rows].astype(np.uint64)


def _by_user(
    recipe: Candidate, split: TimeSplit, *, learned_from: InteractionLog
) -> dict[str, NDArray[np.float64]]:
    """Return metrics of each test user for a model that learned from these rows."""
    pairs = contest.training_pairs(recipe, learned_from, split.catalogue)
    fitted = recipe.model.fit(pairs)
    histories = contest.histories(recipe, split.train, learned_from=learned_from, items=pairs.items)
    rows, truth, sizes = tested(histories, split.test)
    ranked, _ = rank(fitted, histories.matrix[rows], k=contest.K)
    hit = metrics.hits(ranked, truth)
    return {"NDCG@20": metrics.ndcg(hit, sizes), "Recall@20": metrics.recall(hit, sizes)}
