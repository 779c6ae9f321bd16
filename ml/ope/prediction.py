"""Rewards that are predicted from a product and its position, for the doubly robust estimate.

A product's factor is what it led to divided by what its positions lead to on average (clicks over expected
clicks: Zhang and Jones, "Comparing Click Logs and Editorial Labels for Training Query Rewriting", WWW 2007),
drawn towards 1. Each shopper's predictions come from the other folds, so that no reward predicts itself.
"""

import numpy as np
from numpy.typing import NDArray

from ml.lists import NO_PRODUCT
from ml.ope.logs import LoggedLists

FOLDS = 5
# A product of which this many rewards of average size are expected counts half by its own rewards.
PRIOR = 10.0


def predicted(
    log: LoggedLists, target: NDArray[np.int64], *, group: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the predictions for what was shown and for the target's lists; n × places, 0 without a product.

    `group` (n) numbers the shoppers.
    """
    ids, flat = np.unique(np.concatenate([log.products, target]), return_inverse=True)
    shown, wanted = np.split(flat.reshape(-1, log.products.shape[1]), 2)
    found = (np.zeros(log.products.shape), np.zeros(log.products.shape))
    fold = group % FOLDS
    for number in range(FOLDS):
        learned, applied = fold != number, fold == number
        by_position, factor = _fitted(log, shown, learned=learned, products=len(ids))
        for prediction, products in zip(found, (shown, wanted), strict=True):
            prediction[applied] = by_position * factor[products[applied]]
    for prediction, products in zip(found, (log.products, target), strict=True):
        prediction[products == NO_PRODUCT] = 0
    return found


def _fitted(
    log: LoggedLists, positions: NDArray[np.int64], *, learned: NDArray[np.bool_], products: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean reward of each place, and each product's factor, from the lists `learned`."""
    rewards, here = log.rewards[learned], log.shown[learned]
    by_position = rewards.sum(axis=0) / np.maximum(here.sum(axis=0), 1)
    expected = np.broadcast_to(by_position, here.shape)[here]
    at = positions[learned][here]
    sums = np.bincount(at, weights=rewards[here], minlength=products)
    expectations = np.bincount(at, weights=expected, minlength=products)
    rewarded = rewards[rewards > 0]
    prior = PRIOR * float(rewarded.mean()) if len(rewarded) else PRIOR
    return by_position, (sums + prior) / (expectations + prior)
