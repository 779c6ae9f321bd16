"""Merge published lists with a shopper's latest views at request time.

The web process loads no model. It adds up the lists of the viewed products instead.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

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


class Source(StrEnum):
    """Where a product of a list was found."""

    OWN = "own"  # the shopper's published list
    SESSION = "session"  # the lists of the products viewed last
    SIMILAR = "similar"  # the list of the page's product
    CONTENT = "content"  # its list by texts and attributes
    POPULAR = "popular"  # popular products


class Scored(NamedTuple):
    """An entry of a published list; scores are comparable within a list, `because` explains the entry."""

    product_id: int
    score: float
    because: int | None = None


class Recommendation(NamedTuple):
    """A product to show, with its score (0 to the number of lists that contain it) and its reason."""

    product_id: int
    score: float
    reason: Reason
    source: Source
    because: int | None = None


def for_shopper(
    *, own: Sequence[Scored], recent: Sequence[int], near: Mapping[int, Sequence[Scored]]
) -> Iterator[Recommendation]:
    """Yield recommendations for a shopper, best first, without the recent products.

    `own` is the published list, `recent` the products viewed since, latest first, and `near` their lists.
    Both sources are scaled to a maximum of 1 and added. The first MAX_RECENT recent products that have a list
    count, so views of products without one don't take the place of others.
    """
    history = {entry.product_id: entry for entry in _scaled(own)}
    fresh = _fold_in([product for product in recent if near.get(product)][:MAX_RECENT], near=near)
    totals = {product: score for product, score, _ in history.values()}
    for product, score, _ in fresh.values():
        totals[product] = totals.get(product, 0.0) + score
    hidden = set(recent)
    # Only the first of several hundred are shown, so the others are compared, but not created.
    for _, product in sorted((-total, product) for product, total in totals.items()):
        if product not in hidden:
            yield _recommendation(product, of_history=history.get(product), of_recent=fresh.get(product))


def for_product(
    near: Sequence[Scored], *, product_id: int, source: Source = Source.SIMILAR
) -> list[Recommendation]:
    """Return recommendations for a product's page from one of its lists, best first."""
    return [
        Recommendation(entry.product_id, entry.score, Reason.SIMILAR, source, because=product_id)
        for entry in _scaled(near)
    ]


def popular(entries: Sequence[Scored]) -> list[Recommendation]:
    """Return the products of the popular list, best first."""
    return [
        Recommendation(entry.product_id, entry.score, Reason.POPULAR, Source.POPULAR)
        for entry in _scaled(entries)
    ]


def refilled(
    sources: Iterable[Iterable[Recommendation]], *, excluded: Collection[int] = ()
) -> Iterator[Recommendation]:
    """Yield the products of one source after another, each once, without the `excluded`.

    A source is read when the ones before it are exhausted. Products that follow those of another source have
    a score of 0, because scores of different sources are not comparable.
    """
    known, is_refill = set(excluded), False
    for source in sources:
        found = False
        for one in source:
            if one.product_id not in known:
                known.add(one.product_id)
                found = True
                yield one._replace(score=0.0) if is_refill else one
        is_refill = is_refill or found


def _fold_in(recent: Sequence[int], *, near: Mapping[int, Sequence[Scored]]) -> dict[int, Scored]:
    """Return the weighted sum of the recent products' lists, scaled to a maximum of 1."""
    totals: dict[int, float] = {}
    strongest: dict[int, tuple[float, int]] = {}
    for age, origin in enumerate(recent):
        weight = RECENCY**age
        for product, score, _ in near[origin]:
            gain = weight * score
            totals[product] = totals.get(product, 0.0) + gain
            before = strongest.get(product)
            if before is None or (gain, origin) > before:
                strongest[product] = (gain, origin)
    summed = [Scored(product, total, because=strongest[product][1]) for product, total in totals.items()]
    return {entry.product_id: entry for entry in _scaled(summed)}


def _scaled(entries: Sequence[Scored]) -> list[Scored]:
    best = max((score for _, score, _ in entries), default=0.0)
    if best <= 0:
        return []
    return [Scored(product, score / best, because) for product, score, because in entries]


def _recommendation(product: int, *, of_history: Scored | None, of_recent: Scored | None) -> Recommendation:
    history, recent = (entry.score if entry else 0.0 for entry in (of_history, of_recent))
    if of_recent is not None and recent >= history:
        return Recommendation(product, history + recent, Reason.RECENT, Source.SESSION, of_recent.because)
    because = of_history.because if of_history else None
    reason = Reason.TASTE if because is None else Reason.HISTORY
    return Recommendation(product, history + recent, reason, Source.OWN, because)
