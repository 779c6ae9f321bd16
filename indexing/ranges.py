"""Choose the ranges of a numeric facet from the data: round limits with about equally many products between.

Engines count the cells of one fixed grid, so that both choose the same limits.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate, pairwise

STEPS = tuple(map(Decimal, ("1", "1.5", "2", "2.5", "3", "4", "5", "6", "8")))
GRID = tuple(step.scaleb(power) for power in range(-2, 9) for step in STEPS)
"""All limits that can be chosen: nine per power of ten, from 0.01 to 800 million."""
MAX_RANGES = 6

ROUNDNESS = {1: 0.0, 5: 0.02, 2: 0.03}
"""What a limit costs by its leading digits, as a share of the products: "50" is preferred to "60"."""
OTHER_STEP = 0.06

Limits = tuple[Decimal | None, Decimal | None]
"""A range: minimum ≤ number < maximum; None is an open end."""


@dataclass(frozen=True, slots=True)
class RangeCount:
    """The number of products with a number in a range."""

    limits: Limits
    count: int


def cells() -> list[Limits]:
    """Return the cells of the grid, in ascending order."""
    return list(pairwise((None, *GRID, None)))


def cell_of(number: Decimal) -> int:
    """Return the index of the cell that has `number`."""
    return bisect_right(GRID, number)


def chosen(counts: Sequence[int], *, most: int = MAX_RANGES) -> list[Limits]:
    """Return up to `most` adjacent ranges for numbers that are distributed over the cells like `counts`.

    Each limit is the one nearest to a quantile, with a preference for round numbers. The first range begins
    with the first cell that has a product, the last one ends with the last.
    """
    filled = [place for place, count in enumerate(counts) if count]
    if not filled:
        return []
    edges = (None, *GRID, None)
    first, last = filled[0], filled[-1]
    total = sum(counts)
    shares = {
        place: below / total for place, below in enumerate(accumulate(counts), 1) if first < place <= last
    }
    inner = sorted({_nearest(number / most, shares) for number in range(1, most)}) if shares else []
    distinct = [place for before, place in pairwise([first, *inner]) if _between(counts, before, place)]
    return list(pairwise(edges[place] for place in (first, *distinct, last + 1)))


def _nearest(target: float, shares: dict[int, float]) -> int:
    return min((abs(share - target) + COSTS[place - 1], place) for place, share in shares.items())[1]


def _cost(limit: Decimal) -> float:
    digits = limit.normalize().as_tuple().digits
    return ROUNDNESS.get(digits[0], OTHER_STEP) if len(digits) == 1 else OTHER_STEP


COSTS = tuple(map(_cost, GRID))


def _between(counts: Sequence[int], low: int, high: int) -> bool:
    return any(counts[low:high])


def merged(counts: Sequence[int], ranges: Sequence[Limits]) -> list[RangeCount]:
    """Return the counts of `ranges` if no product is in several cells."""
    edges = (None, *GRID, None)
    found = []
    for low, high in ranges:
        start = 0 if low is None else edges.index(low, 1)
        end = len(counts) if high is None else edges.index(high, 1)
        found.append(RangeCount((low, high), sum(counts[start:end])))
    return found
