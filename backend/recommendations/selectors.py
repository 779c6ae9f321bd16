"""Products to recommend: candidates of the slot's sources, ranked, checked by the rules and refilled.

Two statements are usual: one reads the serving version's lists by their full keys, one applies the rules to
the best candidates and returns the cards that are shown. Where too few candidates are in stock, more of them
follow, then the catalogue's popular products. Without a published version, popular products are returned;
without Redis, only the published list. The response says so in both cases.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import structlog

from analytics_pipeline.redis_client import StreamUnavailable
from backend.accounts.models import User
from backend.api.fields import LARGEST_ID
from backend.api.shoppers import Shopper
from backend.catalog.cards import Card
from backend.catalog.errors import ProductNotFound
from backend.catalog.visibility import require_visible
from backend.engines.streams import recent_products
from backend.recommendations.models import Algorithm
from backend.recommendations.published import published_lists
from backend.recommendations.rules import Because, Shown, Viewer, popular_products, shown
from backend.recommendations.slots import HOME, SIMILAR, Slot
from backend.recommendations.sources import Asked, Candidates, keys_of
from ml.serving import Reason, Recommendation, Source, refilled

logger = structlog.get_logger(__name__)

SECOND_ROUND = 300
"""How many candidates follow if too few of the first ones are in stock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendedProduct:
    """A product with its score, reason and source; `because` is the product that explains it, or None."""

    product: Card
    score: float
    reason: Reason
    source: Source
    because: Because | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommended:
    """A list to show; `requested` is the algorithm of the request, `algorithm` the one that made the list.

    `version` is None if nothing is published; `recent_known` is False if the recent views could not be read.
    """

    slot: Slot
    items: Sequence[RecommendedProduct]
    requested: str
    algorithm: str
    version: str | None
    recent_known: bool = True

    def filled_from(self) -> Mapping[Source, int]:
        """Return the number of products from each source, in the order of their first products."""
        return Counter(item.source for item in self.items)


def recommended_for_shopper(
    shopper: Shopper, *, guest: str = "", algorithm: str, limit: int, exclude: Collection[int] = ()
) -> Recommended:
    """Return the `limit` best products for this shopper, filled up with popular ones.

    A recent product without a list of `algorithm` contributes its content-based list; the result's
    `algorithm` is content-based if no list of the requested one contributed. `guest` is the guest's cart.
    """
    recent = recently_viewed(shopper.key)
    return _recommended(
        Asked(slot=HOME, shopper_key=shopper.key, algorithm=algorithm, recent=recent or []),
        viewer=Viewer(shopper.user_id, guest),
        limit=limit,
        skipped={*exclude, *(recent or [])},
        recent_known=recent is not None,
    )


def recommended_for_product(
    product_id: int,
    *,
    user: object,
    guest: str = "",
    algorithm: str,
    limit: int,
    exclude: Collection[int] = (),
) -> Recommended:
    """Return the `limit` products that go best with this one.

    If the product has no list of `algorithm`, its content-based list is used. That list and then popular
    products complete a short list. `guest` is the guest's cart.

    Raises:
        ProductNotFound: the product doesn't exist, or the user may not see it.
    """
    if product_id > LARGEST_ID:
        raise ProductNotFound(product_id=product_id)
    return _recommended(
        Asked(slot=SIMILAR, algorithm=algorithm, origins=[product_id]),
        viewer=Viewer(user.pk if isinstance(user, User) else None, guest),
        limit=limit,
        skipped={*exclude, product_id},
        page=PageOf(product_id, user),
    )


def recently_viewed(key: UUID | None) -> list[int] | None:
    """Return the shopper's recently viewed products, latest first; None if they could not be read."""
    if key is None:
        return []
    try:
        return recent_products().of(key)
    except StreamUnavailable as error:
        logger.warning("recent_products_unavailable", error=str(error))
        return None


class PageOf(NamedTuple):
    """The product on whose page a list is shown, and who requested it."""

    product_id: int
    user: object


def _recommended(
    asked: Asked,
    *,
    viewer: Viewer,
    limit: int,
    skipped: Collection[int],
    page: PageOf | None = None,
    recent_known: bool = True,
) -> Recommended:
    """Return the list that was asked for.

    Raises:
        ProductNotFound: the product of the page doesn't exist, or the user may not see it.
    """
    lists = published_lists(keys_of(asked))
    candidates = Candidates(asked, lists)
    items = _in_rounds(
        refilled(candidates.steps(), excluded=skipped),
        viewer=viewer,
        limit=limit,
        skipped=skipped,
        page=page,
    )
    return Recommended(
        slot=asked.slot,
        items=items,
        requested=asked.algorithm,
        algorithm=_made_by(items, asked.slot, algorithms=candidates.made_by),
        version=lists.version,
        recent_known=recent_known,
    )


def _in_rounds(
    candidates: Iterator[Recommendation],
    *,
    viewer: Viewer,
    limit: int,
    skipped: Collection[int],
    page: PageOf | None = None,
) -> list[RecommendedProduct]:
    """Return `limit` allowed products in stock: candidates, then popular products of the catalogue.

    If none is in stock (an imported catalogue without stock), sold out products are returned.

    Raises:
        ProductNotFound: the product of the page doesn't exist, or the user may not see it.
    """
    items: list[RecommendedProduct] = []
    sold_out: list[RecommendedProduct] = []
    for size in (2 * limit + 10, SECOND_ROUND):
        chosen = {one.product_id: one for one in islice(candidates, size)}
        if not chosen and page is None:
            break
        found = shown(
            [(one.product_id, one.because) for one in chosen.values()],
            viewer=viewer,
            limit=limit - len(items),
            page=page.product_id if page else None,
        )
        if page is not None:
            if found.ownership is None:
                raise ProductNotFound(product_id=page.product_id)
            require_visible(page.product_id, ownership=found.ownership, user=page.user)
            page = None
        items += [_product(one, chosen[one.card["id"]]) for one in found.in_stock]
        sold_out += [_product(one, chosen[one.card["id"]]) for one in found.sold_out]
        if len(items) == limit:
            return items
    known = {*skipped, *(item.product["id"] for item in items)}
    more = popular_products(viewer=viewer, limit=limit - len(items), skipped=known)
    items += _popular(more.in_stock, is_refill=bool(items))
    if items:
        return items
    if sold_out:
        return sold_out[:limit]
    return _popular(
        popular_products(viewer=viewer, limit=limit, skipped=known, sold_out_too=True).sold_out,
        is_refill=False,
    )


def _product(one: Shown, candidate: Recommendation) -> RecommendedProduct:
    return RecommendedProduct(
        product=one.card,
        score=round(candidate.score, 4),
        reason=candidate.reason,
        source=candidate.source,
        because=one.because,
    )


def _popular(found: Sequence[Shown], *, is_refill: bool) -> list[RecommendedProduct]:
    """Return products of the catalogue with their scores, which are 0 after products of another source."""
    best = max((one.popularity for one in found), default=0) + 1
    return [
        RecommendedProduct(
            product=one.card,
            score=0.0 if is_refill else round((one.popularity + 1) / best, 4),
            reason=Reason.POPULAR,
            source=Source.POPULAR,
            because=None,
        )
        for one in found
    ]


def _made_by(items: Sequence[RecommendedProduct], slot: Slot, *, algorithms: Mapping[Source, str]) -> str:
    """Return the algorithm of the first source of the slot that has a product in the list."""
    present = {item.source for item in items}
    return next(
        (algorithms[source] for source in slot.sources if source in present and source in algorithms),
        Algorithm.POPULARITY,
    )
