"""Products to recommend: published lists merged with recent views, without products that are not for sale.

The number of queries is fixed: the serving version, its lists, earlier purchases (accounts only), the
products, and the number of their variants. Without a published version, popular products are returned;
without Redis, only the published list. The response says so in both cases.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import structlog
from django.db.models import Q

from analytics_pipeline.redis_client import StreamUnavailable
from backend.api.shoppers import Shopper
from backend.catalog.cards import Card, cards_by_id
from backend.catalog.models import Product
from backend.engines.streams import recent_products
from backend.orders.models import OrderItem, OrderStatus
from backend.recommendations.models import Algorithm, Audience, ModelVersion, ProductRecommendation
from ml.serving import MAX_RECENT, Reason, Recommendation, Scored, filled, for_product, for_shopper

logger = structlog.get_logger(__name__)

MAX_POPULAR = 50
MAX_BOUGHT = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RecommendedProduct:
    """A product with its score and reason; `because` is the product that explains it, or None."""

    product: Card
    score: float
    reason: Reason
    because: Card | None


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


@dataclass(frozen=True, slots=True)
class PublishedLists:
    """The lists of one version that a request needs, by (audience, subject, algorithm)."""

    version: ModelVersion | None
    entries: dict[tuple[str, str, str], list[Scored]]

    def of(self, audience: Audience, subject: object, algorithm: str) -> list[Scored]:
        """Return one list; empty if it doesn't exist."""
        return self.entries.get((audience, str(subject), algorithm), [])

    def popular(self) -> list[Scored]:
        """Return the published list of popular products, or without one the catalogue's most popular ones."""
        return self.of(Audience.EVERYONE, "", Algorithm.POPULARITY) or _popular_in_catalogue()


def recommended_for_shopper(shopper: Shopper, *, algorithm: str, limit: int) -> Recommended:
    """Return the `limit` best products for this shopper, filled up with popular ones.

    A recent product without a list of `algorithm` contributes its content-based list; the result's
    `algorithm` is content-based if no list of the requested one contributed.
    """
    recent = recently_viewed(shopper.key)
    near_ids = (recent or [])[:MAX_RECENT]
    lists = _lists(
        Q(audience=Audience.USER, subject=str(shopper.key or ""), algorithm=algorithm)
        | Q(audience=Audience.PRODUCT, subject__in=[str(product) for product in near_ids])
    )
    near = {product: _neighbours(lists, product, algorithm=algorithm) for product in near_ids}
    own = lists.of(Audience.USER, shopper.key, algorithm)
    used = {made_by for made_by, entries in near.values() if entries} | ({algorithm} if own else set())
    bought = _bought_by(shopper.user_id)
    personal = for_shopper(
        own=own,
        recent=recent or [],
        near={product: entries for product, (_, entries) in near.items()},
        excluded=bought,
    )
    candidates = filled(personal, popular=lists.popular(), excluded={*bought, *(recent or [])})
    items = _sellable(candidates, limit=limit)
    return Recommended(
        items=items,
        requested=algorithm,
        algorithm=_made_by(items, used=algorithm if algorithm in used else Algorithm.CONTENT_BASED),
        version=lists.version.version if lists.version else None,
        recent_known=recent is not None,
    )


def recommended_for_product(product: Product, *, algorithm: str, limit: int) -> Recommended:
    """Return the `limit` products that go best with this one; popular products complete a short list.

    If the product has no list of `algorithm`, its content-based list is used.
    """
    lists = _lists(Q(audience=Audience.PRODUCT, subject=str(product.pk)))
    used, near = _neighbours(lists, product.pk, algorithm=algorithm)
    similar = for_product(near, product_id=product.pk)
    candidates = filled(similar, popular=lists.popular(), excluded={product.pk})
    items = _sellable(candidates, limit=limit)
    return Recommended(
        items=items,
        requested=algorithm,
        algorithm=_made_by(items, used=used),
        version=lists.version.version if lists.version else None,
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


def _neighbours(lists: PublishedLists, product: int, *, algorithm: str) -> tuple[str, list[Scored]]:
    """Return the algorithm that has a list for the product, and that list."""
    for used in (algorithm, Algorithm.CONTENT_BASED):
        if entries := lists.of(Audience.PRODUCT, product, used):
            return used, entries
    return algorithm, []


def _lists(wanted: Q) -> PublishedLists:
    """Return the serving version with the wanted lists and the popular one, in two queries."""
    version = ModelVersion.objects.filter(is_serving=True).first()
    popular = Q(audience=Audience.EVERYONE, subject="", algorithm=Algorithm.POPULARITY)
    rows = ProductRecommendation.objects.filter(wanted | popular, version=version)
    return PublishedLists(
        version,
        {
            (row.audience, row.subject, row.algorithm): [Scored(*entry) for entry in row.entries]
            for row in rows
        },
    )


def _popular_in_catalogue() -> list[Scored]:
    rows = Product.objects.listed().order_by("-popularity", "-created_at", "-id")
    found = rows.values_list("pk", "popularity")[:MAX_POPULAR]
    return [Scored(product, popularity + 1.0) for product, popularity in found]


def _bought_by(user_id: int | None) -> set[int]:
    if user_id is None:
        return set()
    lines = OrderItem.objects.filter(order__user_id=user_id).order_by("-id")
    lines = lines.exclude(order__status=OrderStatus.CANCELLED)
    return set(lines.values_list("product_id", flat=True)[:MAX_BOUGHT])


def _sellable(candidates: Sequence[Recommendation], *, limit: int) -> list[RecommendedProduct]:
    """Return the first `limit` listed products in stock; `because` is None if that product is not listed.

    If no candidate is in stock (an imported catalogue without stock), listed products are returned.
    """
    named = {one.product_id for one in candidates} | {
        one.because for one in candidates if one.because is not None
    }
    listed = cards_by_id(named)
    found = [
        RecommendedProduct(
            product=listed[one.product_id],
            score=round(one.score, 4),
            reason=one.reason,
            because=listed.get(one.because) if one.because is not None else None,
        )
        for one in candidates
        if one.product_id in listed
    ]
    in_stock = [item for item in found if item.product["in_stock"]]
    return (in_stock or found)[:limit]


def _made_by(items: Sequence[RecommendedProduct], *, used: str) -> str:
    """Return `used`, or popularity if the list contains only popular products."""
    return used if any(item.reason is not Reason.POPULAR for item in items) else Algorithm.POPULARITY
