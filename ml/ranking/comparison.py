"""The mean difference between two rankings, with a bootstrap interval over queries.

Both rankings answer the same queries, so the interval is that of the paired differences.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ml.intervals import mean_interval

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
    found = mean_interval(differences, confidence=CONFIDENCE, resamples=RESAMPLES, seed=SEED)
    return Difference(found.mean, found.low, found.high)
