"""The mean difference between two rankings, with a bootstrap interval over queries.

Both rankings answer the same queries, so the interval is that of the paired differences (Efron and
Tibshirani, "An Introduction to the Bootstrap", 1993, chapter 13: percentile intervals).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 4_000
CONFIDENCE = 0.95
SEED = 1


@dataclass(frozen=True, slots=True)
class Difference:
    """A mean difference, and the limits of its 95 % interval."""

    mean: float
    low: float
    high: float


def paired_difference(values: Sequence[float], baseline: Sequence[float]) -> Difference:
    """Return the mean of `values` minus that of `baseline`, which have a value for each query in one order.

    The resamples are the same in each run.

    Raises:
        ValueError: there are no queries, or the numbers of queries differ.
    """
    if not values or len(values) != len(baseline):
        raise ValueError(f"{len(values)} values can't be compared with {len(baseline)}")
    differences = np.asarray(values, dtype=float) - np.asarray(baseline, dtype=float)
    drawn = np.random.default_rng(SEED).integers(0, len(differences), (RESAMPLES, len(differences)))
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(differences[drawn].mean(axis=1), [tail, 1 - tail])
    return Difference(float(differences.mean()), float(low), float(high))
