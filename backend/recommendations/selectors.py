"""Products to recommend: published lists merged with recent views, refilled where they are short.

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
from backend.recommendations.models import Algorithm, Audience
from backend.recommendations.published import Key, published_lists
from backend.recommendations.rules import Because, Shown, Viewer, popular_products, shown
from ml.serving import (
    MAX_RECENT,
    Reason,
    Recommendation,
    Source,
    for_product,
    for_shopper,
    refilled,
)

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
    own_key = Key(Audience.USER, str(shopper.key or ""), algorithm, algorithm)
    near_keys = {product: _neighbours(product, algorithm) for product in recent or []}
    lists = published_lists([own_key, *near_keys.values()])
    near = {product: lists.by_key[key] for product, key in near_keys.items() if key in lists.by_key}
    near = dict(islice(near.items(), MAX_RECENT))
    own = lists.by_key.get(own_key)
    personal = for_shopper(
        own=own.scored() if own else [],
        recent=recent or [],
        near={product: published.scored() for product, published in near.items()},
    )
    used = {published.algorithm for published in near.values()} | ({algorithm} if own else set())
    viewer = Viewer(shopper.user_id, guest)
    skipped = {*exclude, *(recent or [])}
    candidates = refilled([personal, lists.popular()], excluded=skipped)
    items = _in_rounds(candidates, viewer=viewer, limit=limit, skipped=skipped)
    return Recommended(
        items=items,
        requested=algorithm,
        algorithm=_made_by(items, used=algorithm if algorithm in used else Algorithm.CONTENT_BASED),
        version=lists.version,
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
    first, content = _neighbours(product_id, algorithm), _neighbours(product_id, Algorithm.CONTENT_BASED)
    lists = published_lists([first, content])
    near = lists.by_key.get(first)

    def similar(key: Key) -> Iterator[Recommendation]:
        if found := lists.by_key.get(key):
            is_content = found.algorithm == Algorithm.CONTENT_BASED
            source = Source.CONTENT if is_content else Source.SIMILAR
            yield from for_product(found.scored(), product_id=product_id, source=source)

    skipped = {*exclude, product_id}
    keys = [first] if near and near.algorithm == Algorithm.CONTENT_BASED else [first, content]
    candidates = refilled([*map(similar, keys), lists.popular()], excluded=skipped)
    viewer = Viewer(user.pk if isinstance(user, User) else None, guest)
    items = _in_rounds(candidates, viewer=viewer, limit=limit, skipped=skipped, page=PageOf(product_id, user))
    return Recommended(
        items=items,
        requested=algorithm,
        algorithm=_made_by(items, used=near.algorithm if near else algorithm),
        version=lists.version,
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


def _neighbours(product: int, algorithm: str) -> Key:
    return Key(Audience.PRODUCT, str(product), algorithm, Algorithm.CONTENT_BASED)


class PageOf(NamedTuple):
    """The product on whose page a list is shown, and who requested it."""

    product_id: int
    user: object


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
        items += [_recommended(one, chosen[one.card["id"]]) for one in found.in_stock]
        sold_out += [_recommended(one, chosen[one.card["id"]]) for one in found.sold_out]
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


def _recommended(one: Shown, candidate: Recommendation) -> RecommendedProduct:
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


def _made_by(items: Sequence[RecommendedProduct], *, used: str) -> str:
    """Return `used`, or popularity if the list contains only popular products."""
    return used if any(item.reason is not Reason.POPULAR for item in items) else Algorithm.POPULARITY
