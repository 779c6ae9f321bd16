"""Lists in, one list out: what happens at request time, in plain Python.

The web process merges what was trained with what the person did a minute ago. It holds no model: the
products' own lists are the neighbours, so that a fold-in is a sum over a few short lists.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

# Each step back in time counts for this much less.
RECENCY = 0.8
RECENT_AT_MOST = 10


class Reason(StrEnum):
    """Why a product is in the list."""

    RECENT = "recent"  # it goes with what the person looked at just now
    HISTORY = "history"  # it goes with something the person chose before
    TASTE = "taste"  # it suits the history as a whole
    SIMILAR = "similar"  # it goes with the product on the page
    POPULAR = "popular"  # many people choose it


@dataclass(frozen=True, slots=True)
class Scored:
    """An entry of a published list. Scores compare within a list; `because` is a product of the history."""

    product_id: int
    score: float
    because: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product to show, its score between 0 and the number of lists that spoke for it, and why."""

    product_id: int
    score: float
    reason: Reason
    because: int | None = None


def for_person(
    *,
    own: Sequence[Scored],
    recent: Sequence[int],
    near: Mapping[int, Sequence[Scored]],
    excluded: Collection[int] = (),
) -> list[Suggestion]:
    """What suits a person, best first.

    `own` is the published list, `recent` the products met since, latest first, and `near` their lists. Each
    side is scaled so that its best counts 1; a product that both name adds up. The recent products and those
    `excluded` are left out.
    """
    history = {entry.product_id: entry for entry in _scaled(own)}
    fresh = _fold_in(recent[:RECENT_AT_MOST], near=near)
    barred = {*recent, *excluded}
    merged = [
        _suggestion(product, of_history=history.get(product), of_recent=fresh.get(product))
        for product in dict.fromkeys((*history, *fresh))
        if product not in barred
    ]
    return sorted(merged, key=lambda one: (-one.score, one.product_id))


def for_product(near: Sequence[Scored], *, product_id: int) -> list[Suggestion]:
    """What goes with a product, best first."""
    return [
        Suggestion(entry.product_id, entry.score, Reason.SIMILAR, because=product_id)
        for entry in _scaled(near)
    ]


def filled(
    suggestions: Iterable[Suggestion], *, popular: Sequence[Scored], excluded: Collection[int] = ()
) -> list[Suggestion]:
    """The suggestions followed by what is popular and not among them or `excluded`."""
    first = list(suggestions)
    known = {*excluded, *(one.product_id for one in first)}
    rest = [
        Suggestion(entry.product_id, 0.0 if first else entry.score, Reason.POPULAR)
        for entry in _scaled(popular)
        if entry.product_id not in known
    ]
    return [*first, *rest]


def _fold_in(recent: Sequence[int], *, near: Mapping[int, Sequence[Scored]]) -> dict[int, Scored]:
    """The sum of the recent products' lists, the latest weighing most; scaled so that the best is 1."""
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


def _suggestion(product: int, *, of_history: Scored | None, of_recent: Scored | None) -> Suggestion:
    history, recent = (entry.score if entry else 0.0 for entry in (of_history, of_recent))
    if of_recent is not None and recent >= history:
        return Suggestion(product, history + recent, Reason.RECENT, of_recent.because)
    because = of_history.because if of_history else None
    reason = Reason.TASTE if because is None else Reason.HISTORY
    return Suggestion(product, history + recent, reason, because)
