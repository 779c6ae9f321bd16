"""Estimates of a policy's value from lists that another policy showed.

The value is the expected reward of a list (clicks, or revenue): the sum of the rewards of its positions.
Estimates assume that what a product at a position leads to depends on the shopper, the product and the
position, and not on the other products (the item-position model of Li et al., "Offline Evaluation of Ranking
Policies with Click Models", KDD 2018). A product at position k then has the weight 1 / P(product at k) if the
target policy shows it at k, too, and 0 otherwise.

- *Self-normalised* (Swaminathan and Joachims, "The Self-Normalized Estimator for Counterfactual Learning",
  NIPS 2015): the weighted mean of the rewards at each position, added up.
- *Doubly robust* (Dudík, Langford and Li, "Doubly Robust Policy Evaluation and Learning", ICML 2011): the
  predicted reward of the target's list, plus the weighted errors of the prediction for what was shown.

Lists of one shopper are not independent. Standard errors are those of the sums by shopper (a sandwich
estimate), with Student's t for their effective number.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ml.ope.logs import LoggedLists
from ml.ope.prediction import predicted

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """The value of a list, in rewards, with the limits of its interval and the parts of its error.

    `influence` has, for each shopper, what it adds to the error of `value`, so that the estimates of two
    policies from the same lists can be subtracted (`difference`).
    """

    value: float
    low: float
    high: float
    influence: NDArray[np.float64]
    effective: float


@dataclass(frozen=True, slots=True)
class Weights:
    """How far the log describes a target policy.

    `values` (n × places) are the weights, 0 in places without a product. `effective` is the effective number
    of shoppers, (sum w)² / sum w² of their weights (Kish, "Survey Sampling", 1965), and `by_position` that of
    each position. `mean` is that of the weights, whose expectation is 1, and `mean_error` its standard
    error.
    """

    values: NDArray[np.float64]
    effective: float
    by_position: NDArray[np.float64]
    mean: float
    mean_error: float


def weights_of(log: LoggedLists, target: NDArray[np.int64]) -> Weights:
    """Return the weights of what was shown.

    `target` (n × places) has the products of each list in the order of the target policy.
    """
    values = np.zeros(log.products.shape)
    same = (log.products == target) & log.shown
    values[same] = 1 / log.propensities[same]
    group = _groups(log)
    of_shoppers = _sums(values, group)
    shown = _sums(log.shown.astype(float), group)
    total = of_shoppers.sum(axis=1)
    places = shown.sum(axis=1)
    mean = float(total.sum() / max(places.sum(), 1))
    error = float(np.sqrt(np.square(total - mean * places).sum()) / max(places.sum(), 1))
    return Weights(values, _kish(total), np.array([_kish(one) for one in of_shoppers.T]), mean, error)


def self_normalised(log: LoggedLists, weights: Weights, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return the self-normalised estimate; positions without a weight add nothing."""
    group = _groups(log)
    shown = _sums(log.shown.astype(float), group)
    weighted = _sums(weights.values, group)
    rewarded = _sums(weights.values * log.rewards, group)
    lists = np.bincount(group).astype(float)
    totals = weighted.sum(axis=0)
    safe = np.where(totals > 0, totals, 1)
    means = rewarded.sum(axis=0) / safe
    share = shown.sum(axis=0) / len(log)
    value = float(means @ share)
    # The linear part of the error: of the means, and of how many lists have a position.
    errors = ((rewarded - means * weighted) / safe) @ share
    lengths = (shown @ means - value * lists) / len(log)
    return _estimate(value, errors + lengths, weights, confidence=confidence)


def doubly_robust(
    log: LoggedLists, target: NDArray[np.int64], weights: Weights, *, confidence: float = CONFIDENCE
) -> Estimate:
    """Return the doubly robust estimate, whose predictions don't use the rewards of the same shopper."""
    group = _groups(log)
    of_shown, of_target = predicted(log, target, group=group)
    of_lists = (of_target + weights.values * (log.rewards - of_shown)).sum(axis=1)
    lists = np.bincount(group).astype(float)
    sums = np.bincount(group, weights=of_lists)
    value = float(sums.sum() / len(log))
    return _estimate(value, (sums - value * lists) / len(log), weights, confidence=confidence)


def difference(one: Estimate, other: Estimate, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return the difference of two policies' values, estimated from the same lists."""
    return _interval(
        one.value - other.value,
        one.influence - other.influence,
        min(one.effective, other.effective),
        confidence=confidence,
    )


def observed(log: LoggedLists, *, confidence: float = CONFIDENCE) -> Estimate:
    """Return the value of the lists as they were shown."""
    group = _groups(log)
    sums = np.bincount(group, weights=log.rewards.sum(axis=1))
    lists = np.bincount(group).astype(float)
    value = float(sums.sum() / len(log))
    return _interval(value, (sums - value * lists) / len(log), float(len(sums)), confidence=confidence)


def _estimate(
    value: float, influence: NDArray[np.float64], weights: Weights, *, confidence: float
) -> Estimate:
    return _interval(value, influence, weights.effective, confidence=confidence)


def _interval(
    value: float, influence: NDArray[np.float64], effective: float, *, confidence: float
) -> Estimate:
    count = len(influence)
    error = float(np.sqrt(np.square(influence).sum() * count / max(count - 1, 1)))
    width = error * float(stats.t.ppf((1 + confidence) / 2, max(effective - 1, 1)))
    return Estimate(value, value - width, value + width, influence, effective)


def _groups(log: LoggedLists) -> NDArray[np.int64]:
    return np.asarray(np.unique(log.shoppers, return_inverse=True)[1], np.int64)


def _sums(values: NDArray[np.float64], group: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the sums by shopper; shoppers × places."""
    return np.stack([np.bincount(group, weights=one) for one in values.T], axis=1)


def _kish(weights: NDArray[np.float64]) -> float:
    squares = float(np.square(weights).sum())
    return float(weights.sum()) ** 2 / squares if squares else 0.0
