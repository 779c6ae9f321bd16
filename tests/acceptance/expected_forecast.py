"""The rows of the report `forecast` by its formulas, one series and one week after another, with only numpy."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

NORMAL = 1.2816
ENOUGH = 200


class Forecast(NamedTuple):
    """The expected sum of the next weeks, and the ends of its interval."""

    expected: float
    low: float
    high: float


class Moments(NamedTuple):
    """The expected sum of the weeks after a week, and its standard deviation."""

    expected: float
    deviation: float


def moments(sold: Sequence[float], units: Sequence[float], *, weeks: int, half_life: int) -> Moments:
    """Return the moments after the last of the weeks in which `sold` and `units` were sold."""
    weights = np.array([0.5 ** (age / half_life) for age in reversed(range(len(sold)))])
    mean = np.average(sold, weights=weights)
    unit_mean = np.average(units, weights=weights)
    correction = weights.sum() ** 2 - (weights**2).sum()
    spread = (weights * (np.array(sold) - mean) ** 2).sum() * weights.sum()
    variance = max(mean**2 / unit_mean, spread / correction if correction > 1e-9 else 0)
    share = (weights**2).sum() / weights.sum() ** 2
    return Moments(weeks * mean, float(np.sqrt(weeks * variance * (1 + weeks * share))))


def forecasts(
    sold: Mapping[str, Sequence[float]],
    units: Mapping[str, Sequence[float]],
    *,
    weeks: int,
    half_life: int,
) -> dict[str, Forecast]:
    """Return the forecast of each series, whose first week is that of its first sale."""
    errors: list[float] = []
    last: dict[str, Moments] = {}
    for name, series in sold.items():
        for end in range(1, len(series) + 1):
            found = moments(series[:end], units[name][:end], weeks=weeks, half_life=half_life)
            if end + weeks <= len(series):
                errors.append((sum(series[end : end + weeks]) - found.expected) / found.deviation)
            last[name] = found
    low, high = np.quantile(errors, [0.1, 0.9]) if errors else (0, 0)
    if len(errors) < ENOUGH:
        low, high = min(low, -NORMAL), max(high, NORMAL)
    return {
        name: Forecast(
            found.expected,
            max(0, found.expected + float(low) * found.deviation),
            max(0, found.expected + float(high) * found.deviation),
        )
        for name, found in last.items()
    }
