"""A profile of training data: counts, and how interactions are distributed over products and categories.

Distributions are of the last WINDOW before the data's `as_of`, so that a change shows within days.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC

import msgspec
import numpy as np
from numpy.typing import NDArray

from analytics_pipeline.interactions import SALE_WEIGHT
from ml.catalogue import Catalogue
from ml.dataset import InteractionLog
from ml.training_data import TrainingData

WINDOW = np.timedelta64(28, "D")
WEEK = np.timedelta64(7, "D")
# The shares of the products, from the most popular one on, whose interactions are added up.
RANKS = (0.01, 0.05, 0.2, 0.5, 1.0)
RANK_NAMES = ("first 1 %", "next 4 %", "next 15 %", "next 30 %", "last 50 %")
MAX_CATEGORIES = 20
OTHERS = "others"
NO_CATEGORY = "no category"


class Counts(msgspec.Struct, frozen=True):
    """Counts of interactions; `without_purchase` is the share of the shoppers who bought nothing."""

    rows: int
    shoppers: int
    products: int
    without_purchase: float


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """What a version learned from, as it is stored in its manifest.

    `all` counts every interaction, `recent` those of the last 28 days, `week` of the last 7. `popularity` has
    the shares of the recent interactions with the first 1 % of the products, the next 4 %, 15 %, 30 % and
    50 %, by their number of interactions; `categories` those by first category, the most frequent ones and
    "others". Times are ISO texts, None without interactions.
    """

    all: Counts
    recent: Counts
    week: Counts
    first_interaction: str | None
    last_interaction: str | None
    popularity: Sequence[float]
    categories: Mapping[str, float]


def profile(data: TrainingData) -> Profile:
    """Return the profile of the interactions of all shoppers."""
    log = data.histories
    as_of = np.datetime64(data.as_of.astimezone(UTC).replace(tzinfo=None), "s")
    recent = log.where(log.times >= as_of - WINDOW)
    numbers = _interactions_of_products(recent, data.catalogue)
    return Profile(
        all=_counts(log),
        recent=_counts(recent),
        week=_counts(log.where(log.times >= as_of - WEEK)),
        first_interaction=f"{log.times.min()}+00:00" if len(log) else None,
        last_interaction=f"{log.times.max()}+00:00" if len(log) else None,
        popularity=_by_rank(numbers),
        categories=_by_category(recent, data.catalogue),
    )


def _counts(log: InteractionLog) -> Counts:
    shoppers = len(np.unique(log.users))
    # The weight of a row is that of its strongest interaction, and none is stronger than a purchase.
    buyers = len(np.unique(log.users[log.weights >= SALE_WEIGHT]))
    without = 1 - buyers / shoppers if shoppers else 0.0
    return Counts(len(log), shoppers, len(np.unique(log.items)), round(without, 6))


def _interactions_of_products(log: InteractionLog, catalogue: Catalogue) -> NDArray[np.int64]:
    """Return the numbers of interactions of all products, also of those without any, in descending order."""
    _, counts = np.unique(log.items, return_counts=True)
    numbers = np.zeros(max(len(catalogue), len(counts)), np.int64)
    numbers[: len(counts)] = np.sort(counts)[::-1]
    return numbers


def _by_rank(numbers: NDArray[np.int64]) -> list[float]:
    if not numbers.sum():
        return []
    ends = [int(np.ceil(share * len(numbers))) for share in RANKS]
    parts = [numbers[start:end].sum() for start, end in zip([0, *ends], ends, strict=False)]
    return [round(float(part / numbers.sum()), 6) for part in parts]


def _by_category(log: InteractionLog, catalogue: Catalogue) -> dict[str, float]:
    items, counts = np.unique(log.items, return_counts=True)
    totals: dict[str, int] = {}
    for item, count in zip(items.tolist(), counts.tolist(), strict=True):
        product = catalogue.products.get(item)
        name = product.category[0] if product is not None and product.category else NO_CATEGORY
        totals[name] = totals.get(name, 0) + count
    ordered = sorted(totals.items(), key=lambda one: (-one[1], one[0]))
    found = dict(ordered[:MAX_CATEGORIES])
    if rest := sum(count for _, count in ordered[MAX_CATEGORIES:]):
        found[OTHERS] = found.get(OTHERS, 0) + rest
    return {name: round(count / len(log), 6) for name, count in found.items()}
