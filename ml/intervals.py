"""Intervals of a mean, by a bootstrap over units such as users or queries.

The units are drawn with replacement, and the limits are percentiles of the means (Efron and Tibshirani, "An
Introduction to the Bootstrap", 1993, chapter 13). For a difference between two models, the values are the
differences of each unit, so that the interval is paired.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 2_000
SEED = 1
# 32 MB of positions at a time, for any number of units.
DRAWN_AT_ONCE = 4_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean, and the limits of its interval."""

    mean: float
    low: float
    high: float


def mean_interval(
    values: NDArray[np.float64], *, confidence: float, resamples: int = RESAMPLES, seed: int = SEED
) -> Interval:
    """Return the mean of `values` (one for each unit) with a two-sided interval, the same in each run.

    Raises:
        ValueError: there are no values.
    """
    count = len(values)
    if not count:
        raise ValueError("a mean needs at least one value")
    chance = np.random.default_rng(seed)
    step = max(DRAWN_AT_ONCE // count, 1)
    means = np.concatenate(
        [
            values[chance.integers(0, count, (min(step, resamples - start), count))].mean(axis=1)
            for start in range(0, resamples, step)
        ]
    )
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(values.mean()), float(low), float(high))


def standard_error(values: NDArray[np.float64]) -> float:
    """Return the standard error of the mean of `values`; infinite for fewer than two."""
    if len(values) < 2:
        return float("inf")
    return float(values.std(ddof=1) / np.sqrt(len(values)))
