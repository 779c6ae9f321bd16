"""Merge published lists with a shopper's latest views at request time.

The web process loads no model. It adds up the lists of the viewed products instead.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

# Weight of each recently viewed product relative to the one viewed after it.
RECENCY = 0.8
MAX_RECENT = 10


class Reason(StrEnum):
    """Why a product is in the list."""

    RECENT = "recent"  # similar to a recently viewed product
    HISTORY = "history"  # similar to one product of the history
    TASTE = "taste"  # predicted from the history as a whole
    SIMILAR = "similar"  # similar to the product of the page, or to one in the cart
    TOGETHER = "together"  # bought in the same orders as the product of the page, or as one in the cart
    BUY_AGAIN = "buy_again"  # bought repeatedly
    VIEWED = "viewed"  # viewed a moment ago
    POPULAR = "popular"  # popular in the shop or in a category


class Source(StrEnum):
    """Where a product of a list was found."""

    OWN = "own"  # the shopper's published list
    SESSION = "session"  # the lists of the products viewed last
    SIMILAR = "similar"  # the list of the page's product, or the lists of the products in the cart
    TOGETHER = "together"  # their lists of products of the same orders
    CONTENT = "content"  # their lists by texts and attributes
    BUY_AGAIN = "buy_again"  # the shopper's list of products to buy again
    RECENT = "recent"  # the products viewed last
    TRENDING = "trending"  # products with more buyers than before
    NEW = "new"  # products that are newer than the lists and similar to what the list starts from
    CATEGORY = "category"  # popular products of a category
    POPULAR = "popular"  # popular products


class Scored(NamedTuple):
    """An entry of a published list; scores are comparable within a list, `because` explains the entry."""

    product_id: int
    score: float
    because: int | None = None


class Recommendation(NamedTuple):
    """A product to show, with its score (0 to the number of sources that contain it) and its reason."""

    product_id: int
    score: float
    reason: Reason
    source: Source
    because: int | None = None


def ranked(found: Mapping[Source, Sequence[Scored]]) -> Iterator[Recommendation]:
    """Yield the products of all sources together, best first.

    Each source is scaled to a maximum of 1, and the scores of a product are added. Its source and what
    explains it are those of its highest score; of equal ones, the later source's.
    """
    totals: dict[int, float] = {}
    strongest: dict[int, tuple[float, Source, int | None]] = {}
    for source, entries in found.items():
        best = max((score for _, score, _ in entries), default=0.0)
        if best <= 0:
            continue
        for product, unscaled, because in entries:
            score = unscaled / best
            totals[product] = totals.get(product, 0.0) + score
            before = strongest.get(product)
            if before is None or score >= before[0]:
                strongest[product] = (score, source, because)
    # Only the first of several hundred are shown, so the others are compared, but not created.
    for product in sorted(totals, key=totals.__getitem__, reverse=True):
        _, source, because = strongest[product]
        yield Recommendation(product, totals[product], _reason(source, because), source, because)


def folded(
    origins: Sequence[int], *, near: Mapping[int, Sequence[Scored]], recency: float = 1.0
) -> list[Scored]:
    """Return the weighted sum of these products' lists; what explains an entry is its strongest product.

    Products without a list are left out. The first one has the weight 1, and each further one `recency` times
    that of the one before.
    """
    totals: dict[int, float] = {}
    strongest: dict[int, float] = {}
    explained_by: dict[int, int] = {}
    for age, origin in enumerate(origin for origin in origins if near.get(origin)):
        weight = recency**age
        for product, score, _ in near[origin]:
            gain = weight * score
            totals[product] = totals.get(product, 0.0) + gain
            before = strongest.get(product)
            if before is None or gain > before or (gain == before and origin > explained_by[product]):
                strongest[product], explained_by[product] = gain, origin
    return [Scored(product, total, explained_by[product]) for product, total in totals.items()]


BETWEEN_NEW = 9
"""After so many products of other sources a new product follows."""


def refilled(
    sources: Iterable[Iterable[Recommendation] | None],
    *,
    excluded: Collection[int] = (),
    new: Iterable[Scored] = (),
    most_new: int = 0,
) -> Iterator[Recommendation | None]:
    """Yield the products of one source after another, each once, without the `excluded`.

    A source is read when the ones before it are exhausted. None among the sources is yielded, too: the next
    source is expensive to read. Products that follow those of another source have a score of 0, because
    scores of different sources are not comparable.

    After each BETWEEN_NEW products one of `new` follows, unless a source has had it, and at most `most_new`
    of them in all. A new product has the score of the one before it, because its own is not comparable.
    """
    known, is_refill, place = set(excluded), False, 0
    unknown = (entry for entry in new if entry.product_id not in known)
    waiting = islice(unknown, most_new)
    for source in sources:
        if source is None:
            yield None
            continue
        found = False
        for one in source:
            if one.product_id in known:
                continue
            known.add(one.product_id)
            found = True
            shown = one._replace(score=0.0) if is_refill else one
            yield shown
            place += 1
            if place % BETWEEN_NEW == 0 and (entry := next(waiting, None)) is not None:
                known.add(entry.product_id)
                reason = _REASONS[Source.NEW]
                yield Recommendation(entry.product_id, shown.score, reason, Source.NEW, entry.because)
        is_refill = is_refill or found


_REASONS = {
    Source.SESSION: Reason.RECENT,
    Source.SIMILAR: Reason.SIMILAR,
    Source.TOGETHER: Reason.TOGETHER,
    Source.CONTENT: Reason.SIMILAR,
    Source.NEW: Reason.SIMILAR,
    Source.BUY_AGAIN: Reason.BUY_AGAIN,
    Source.RECENT: Reason.VIEWED,
    Source.TRENDING: Reason.POPULAR,
    Source.CATEGORY: Reason.POPULAR,
    Source.POPULAR: Reason.POPULAR,
}


def _reason(source: Source, because: int | None) -> Reason:
    if source is Source.OWN:
        return Reason.TASTE if because is None else Reason.HISTORY
    return _REASONS[source]
