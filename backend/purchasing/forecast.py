"""Forecasts a variant's demand, and computes the quantity to order.

The forecast is simple exponential smoothing of weekly units. docs/decisions/purchasing.md compares its error
with those of other methods on real sales.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

WEEKS = 26
"""The weeks of history that the forecast reads."""
SMOOTHING = 0.25
"""The weight of the latest week."""
SAFETY_FACTOR = 1.64
"""The safety stock in standard deviations: for 95 % of cycles without a stockout if errors are normal."""
COVER_WEEKS = 4
"""The weeks of demand that an order covers, beyond the lead time."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected units a week, the standard deviation of a week's error, and the number of weeks known."""

    weekly: float
    deviation: float
    weeks: int


def forecast(units: Sequence[float | None]) -> Forecast:
    """Forecast the next weeks from the units of past weeks, oldest first.

    None is a week in which the variant had no stock. Such a week is skipped, because without stock there are
    no sales, whatever the demand is.
    """
    known = [value for value in units if value is not None]
    if not known:
        return Forecast(0.0, 0.0, 0)
    level, errors = known[0], []
    for value in known[1:]:
        errors.append(value - level)
        level += SMOOTHING * (value - level)
    deviation = sqrt(sum(error * error for error in errors) / len(errors)) if errors else sqrt(level)
    return Forecast(level, deviation, len(known))


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The stock at which to reorder, and the stock to reach."""

    reorder_point: int
    target: int


def levels(
    expected: Forecast, *, lead_time_days: int, reorder_point: int | None, target_stock: int | None
) -> Levels:
    """Return the rule's levels; levels that are None are computed from the forecast.

    Stock is checked every day, so the reorder point covers the lead time and a safety stock for its errors.
    """
    weeks = lead_time_days / 7
    safety = SAFETY_FACTOR * expected.deviation * sqrt(max(weeks, 1 / 7))
    point = ceil(expected.weekly * weeks + safety) if reorder_point is None else reorder_point
    target = point + ceil(expected.weekly * COVER_WEEKS) if target_stock is None else target_stock
    return Levels(reorder_point=point, target=max(target, point))


def quantity_to_order(position: int, *, wanted: Levels, pack_size: int) -> int:
    """Return the units to order, in whole packs; 0 if `position` is above the reorder point.

    `position` is the sum of available and incoming units.
    """
    if position > wanted.reorder_point or wanted.target <= position:
        return 0
    return ceil((wanted.target - position) / pack_size) * pack_size
