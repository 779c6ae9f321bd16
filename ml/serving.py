"""Merge published lists with a shopper's latest views at request time.

The web process loads no model. It adds up the lists of the viewed products instead.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# Weight of each recently viewed product relative to the one viewed after it.
RECENCY = 0.8
MAX_RECENT = 10


class Reason(StrEnum):
    """Why a product is in the list."""

    RECENT = "recent"  # similar to a recently viewed product
    HISTORY = "history"  # similar to one product of the history
    TASTE = "taste"  # predicted from the history as a whole
    SIMILAR = "similar"  # similar to the product of the page
    POPULAR = "popular"  # popular in the shop


@dataclass(frozen=True, slots=True)
class Scored:
    """An entry of a published list; scores are comparable within a list, `because` explains the entry."""

    product_id: int
    score: float
    because: int | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A product to show, with its score (0 to the number of lists that contain it) and its reason."""

    product_id: int
    score: float
    reason: Reason
    because: int | None = None


def for_shopper(
    *,
    own: Sequence[Scored],
    recent: Sequence[int],
    near: Mapping[int, Sequence[Scored]],
    excluded: Collection[int] = (),
) -> list[Recommendation]:
    """Return recommendations for a shopper, best first.

    `own` is the published list, `recent` the products viewed since, latest first, and `near` their lists.
    Both sources are scaled to a maximum of 1 and added. Recent and `excluded` products are left out.
    """
    history = {entry.product_id: entry for entry in _scaled(own)}
    fresh = _fold_in(recent[:MAX_RECENT], near=near)
    hidden = {*recent, *excluded}
    merged = [
        _recommendation(product, of_history=history.get(product), of_recent=fresh.get(product))
        for product in dict.fromkeys((*history, *fresh))
        if product not in hidden
    ]
    return sorted(merged, key=lambda one: (-one.score, one.product_id))


def for_product(near: Sequence[Scored], *, product_id: int) -> list[Recommendation]:
    """Return recommendations for a product's page, best first."""
    return [
        Recommendation(entry.product_id, entry.score, Reason.SIMILAR, because=product_id)
        for entry in _scaled(near)
    ]


def filled(
    recommendations: Iterable[Recommendation], *, popular: Sequence[Scored], excluded: Collection[int] = ()
) -> list[Recommendation]:
    """Return the recommendations followed by popular products that are neither in them nor `excluded`."""
    first = list(recommendations)
    known = {*excluded, *(one.product_id for one in first)}
    rest = [
        Recommendation(entry.product_id, 0.0 if first else entry.score, Reason.POPULAR)
        for entry in _scaled(popular)
        if entry.product_id not in known
    ]
    return [*first, *rest]


def _fold_in(recent: Sequence[int], *, near: Mapping[int, Sequence[Scored]]) -> dict[int, Scored]:
    """Return the weighted sum of the recent products' lists, scaled to a maximum of 1."""
    totals: dict[int, float] = {}
    strongest: dict[int, tuple[float, int]] = {}
    for age, origin in enumerate(recent):
        for entry in near.get(origin, ()):
            gain = RECENCY**age * entry.score
            totals[entry.product_id] = totals.get(entry.product_id, 0.0) + gain
            strongest[entry.product_id] = max(strongest.get(entry.product_id, (0.0, origin)), (gain, origin))
    summed = [Scored(product, total, because=strongest[product][1]) for product, total in totals.items()]
    return {entry.product_id: entry for entry in _scaled(summed)}


def _scaled(entries: Sequence[Scored]) -> list[Scored]:
    best = max((entry.score for entry in entries), default=0.0)
    if best <= 0:
        return []
    return [Scored(entry.product_id, entry.score / best, entry.because) for entry in entries]


def _recommendation(product: int, *, of_history: Scored | None, of_recent: Scored | None) -> Recommendation:
    history, recent = (entry.score if entry else 0.0 for entry in (of_history, of_recent))
    if of_recent is not None and recent >= history:
        return Recommendation(product, history + recent, Reason.RECENT, of_recent.because)
    because = of_history.because if of_history else None
    reason = Reason.TASTE if because is None else Reason.HISTORY
    return Recommendation(product, history + recent, reason, because)
