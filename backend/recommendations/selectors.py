"""Products to recommend: candidates of the slot's sources, ranked, checked by the rules and refilled.

One statement is usual, which applies the rules to the best candidates and returns the cards that are shown;
the lists of the serving version are mapped files (rows of an earlier release take another statement). Before
it, the cart's slot reads the cart. Where too few candidates are in stock, more of them follow, then the
catalogue's popular products. Without a
published version, popular products are returned; without Redis, only the published list. The response says
so in both cases.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple
from uuid import UUID

import structlog
from django.conf import settings

from analytics_pipeline.recent import Activity
from analytics_pipeline.redis_client import StreamUnavailable
from backend.api.fields import LARGEST_ID
from backend.api.shoppers import Shopper
from backend.catalog.cards import Card
from backend.catalog.errors import ProductNotFound
from backend.catalog.visibility import require_visible
from backend.engines.streams import recent_products
from backend.recommendations.models import Algorithm
from backend.recommendations.published import PublishedLists, published_lists
from backend.recommendations.rules import Because, Shown, Viewer, popular_products, products_in_cart, shown
from backend.recommendations.slots import CART, Slot
from backend.recommendations.sources import Asked, Candidates, keys_of
from ml.serving import MAX_RECENT, Reason, Recommendation, Source, refilled

logger = structlog.get_logger(__name__)

NO_ACTIVITY = Activity([], [])
DIVERSIFIED = 60
"""How many candidates are put in a diverse order at most."""
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

    `version` is None if nothing is published, or the list needs nothing that is; `lists_missing` is True if
    it does. `recent_known` is False if the recent views could not be read. `made_by` has the algorithms of
    the sources.
    """

    slot: Slot
    items: Sequence[RecommendedProduct]
    requested: str
    algorithm: str
    made_by: Mapping[Source, str]
    version: str | None
    lists_missing: bool
    recent_known: bool = True

    def in_order(self, places: Sequence[int]) -> "Recommended":
        """Return the list with its products in the order of these places."""
        return replace(self, items=[self.items[place] for place in places])

    def filled_from(self) -> Mapping[Source, int]:
        """Return the number of products from each source, in the order of their first products."""
        return Counter(item.source for item in self.items)


@dataclass(frozen=True, slots=True, kw_only=True)
class For:
    """Who requests a list, and what it is about.

    `user` is the account or an anonymous one, `guest` the SHA-256 of the cart token or empty. `product_id` is
    the product of the page, `query` a search without a result.
    """

    shopper: Shopper
    user: object = None
    guest: str = ""
    product_id: int | None = None
    query: str = ""


def recommended(
    slot: Slot,
    asked_for: For,
    *,
    limit: int,
    algorithm: str = Algorithm.HYBRID,
    exclude: Collection[int] = (),
) -> Recommended:
    """Return the `limit` best products for the slot, refilled from its other sources.

    A product without a list of `algorithm` contributes its content-based list; the result's `algorithm` is
    that of the first source that has a product in the list.

    Raises:
        ProductNotFound: the product of the page doesn't exist, or the user may not see it.
    """
    product, page = asked_for.product_id, None
    if product is not None:
        if product > LARGEST_ID:
            raise ProductNotFound(product_id=product)
        page = PageOf(product, asked_for.user)
    viewer = Viewer(asked_for.shopper.user_id, asked_for.guest, bought_too=slot.bought_too)
    activity = last_activity(asked_for.shopper.key) if slot.reads_recent else NO_ACTIVITY
    recent, viewed = activity or NO_ACTIVITY
    asked = Asked(
        slot=slot,
        shopper_key=asked_for.shopper.key,
        algorithm=algorithm,
        recent=recent,
        viewed=viewed,
        origins=_origins(slot, product, viewer=viewer),
        query=asked_for.query,
    )
    keys = keys_of(asked)
    lists = published_lists(keys) if keys else PublishedLists(None, {})
    # A list from the products viewed last doesn't repeat them.
    seen = {*recent, *viewed} if Source.SESSION in slot.first else set()
    skipped = {*exclude, *seen, *(() if product is None else [product])}
    diversity = settings.RECOMMENDATION_DIVERSITY.get(slot.name, lists.diversity)
    candidates = Candidates(
        asked,
        lists,
        skipped=skipped,
        diversity=diversity,
        diversified=min(DIVERSIFIED, _first_round(limit)),
    )
    items = _in_rounds(
        candidates,
        viewer=viewer,
        limit=limit,
        skipped=skipped,
        page=page,
    )
    requested = slot.algorithm or algorithm
    return Recommended(
        slot=slot,
        items=items,
        requested=requested,
        algorithm=_made_by(items, slot, algorithms=candidates.made_by) if items else requested,
        made_by=candidates.made_by,
        version=lists.version,
        lists_missing=bool(keys) and lists.version is None,
        recent_known=activity is not None,
    )


def _origins(slot: Slot, product: int | None, *, viewer: Viewer) -> Sequence[int]:
    """Return the product of the page, or those in the cart."""
    if product is not None:
        return [product]
    return products_in_cart(viewer, most=MAX_RECENT) if slot is CART else []


def last_activity(key: UUID | None) -> Activity | None:
    """Return the products that the shopper viewed last, and in this session; None if they can't be read."""
    if key is None:
        return NO_ACTIVITY
    try:
        return recent_products().with_session(key)
    except StreamUnavailable as error:
        logger.warning("recent_products_unavailable", error=str(error))
        return None


class PageOf(NamedTuple):
    """The product on whose page a list is shown, and who requested it."""

    product_id: int
    user: object


def _in_rounds(
    found_by: Candidates,
    *,
    viewer: Viewer,
    limit: int,
    skipped: Collection[int],
    page: PageOf | None = None,
) -> list[RecommendedProduct]:
    """Return `limit` allowed products in stock: candidates, then popular products of the catalogue.

    The catalogue's follow if popular products are a source of the slot. If none is in stock (an imported
    catalogue without stock), sold out products are returned.

    Raises:
        ProductNotFound: the product of the page doesn't exist, or the user may not see it.
    """
    candidates = refilled(found_by.steps(), excluded=skipped, new=found_by.new(), most_new=limit // 10)
    items: list[RecommendedProduct] = []
    sold_out: list[RecommendedProduct] = []
    for size, enough in ((_first_round(limit), limit), (SECOND_ROUND, SECOND_ROUND)):
        chosen = _next(candidates, size=size, enough=enough)
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
    if Source.POPULAR not in found_by.slot.sources:
        return items or sold_out[:limit]
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


def _first_round(limit: int) -> int:
    """Return how many candidates are checked first."""
    return 2 * limit + 10


def _next(
    candidates: Iterator[Recommendation | None], *, size: int, enough: int
) -> dict[int, Recommendation]:
    """Return the next `size` candidates by product; fewer if `enough` come before an expensive source."""
    chosen: dict[int, Recommendation] = {}
    for one in candidates:
        if one is not None:
            chosen[one.product_id] = one
        if len(chosen) == size or (one is None and len(chosen) >= enough):
            break
    return chosen


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
