"""Messages about wishes: units are in stock again, or the price is lower than the customer was told.

Items are compared with stock and prices when a product's message arrives from the outbox, so it doesn't
matter why they changed, and a change that is reversed before isn't told. What is known of an item is updated
with the fact, so that a message that is delivered twice tells once.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from backend.catalog.models import Variant
from backend.catalog.variants import variants_for_sale
from backend.inventory.models import BackInStock
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic
from backend.wish_lists.models import PriceDrop, WishListItem

LEAST_DROP = Decimal("0.05")
"""A price is told if it is lower than the known one by at least this share."""
TOLD_AT_ONCE = 1_000


class Wish(NamedTuple):
    """Who wishes for what, in which currency."""

    user_id: int
    product_id: int
    variant_id: int | None
    currency: str


_wanted = variants_for_sale().filter(
    # An item without a variant is for any of the product's.
    product=OuterRef("product"),
    pk=Coalesce(OuterRef("variant"), F("pk")),
)
_in_stock = Exists(_wanted.filter(stock__gt=F("reserved")))
_price = Subquery(
    _wanted.filter(stock__gt=F("reserved"))
    .order_by()
    .values("product")
    .annotate(lowest=Min("sale_price"))
    .values("lowest")
)


def tell(product_ids: Collection[int], *, now: datetime) -> int:
    """Publish what has become better about the wishes for these products; return how many facts."""
    items = WishListItem.objects.filter(product__in=product_ids)
    items.filter(~_in_stock, awaits_stock=False).update(awaits_stock=True)
    return _for_each(items.filter(_in_stock, awaits_stock=True), _tell_of_stock, now=now) + _for_each(
        _with_lower_price(items), _tell_of_price, now=now
    )


def wished_prices(user_ids: Collection[int], *, product_ids: Collection[int]) -> dict[Wish, Decimal]:
    """Return what wishes cost whose customers want messages, of what is in stock (1 query)."""
    items = WishListItem.objects.filter(
        wish_list__user__in=user_ids, product__in=product_ids, wants_messages=True
    )
    rows = items.select_related("wish_list").annotate(price=_price).filter(price__isnull=False)
    return {
        Wish(item.wish_list.user_id, item.product_id, item.variant_id, item.currency): item.price
        for item in rows
    }


def _with_lower_price(items: QuerySet[WishListItem]) -> QuerySet[WishListItem]:
    priced = items.filter(wants_messages=True, awaits_stock=False, currency=F("product__currency"))
    return priced.annotate(price=_price).filter(
        price__lt=F("known_price"), price__lte=F("known_price") * (1 - LEAST_DROP)
    )


def _for_each(
    due: QuerySet[WishListItem],
    tell_some: Callable[[Sequence[WishListItem], datetime], int],
    *,
    now: datetime,
) -> int:
    """Let `tell_some` handle the items that are due until none is, in transactions of TOLD_AT_ONCE."""
    told = 0
    while True:
        with transaction.atomic():
            locked = due.select_related("wish_list").select_for_update(of=("self",)).order_by("pk")
            found = list(locked[:TOLD_AT_ONCE])
            told += tell_some(found, now)
        if len(found) < TOLD_AT_ONCE:
            return told


def _tell_of_stock(items: Sequence[WishListItem], now: datetime) -> int:
    wanting = [item for item in items if item.wants_messages]
    available = _available_variants(wanting)
    facts = BackInStock.objects.bulk_create(
        BackInStock(
            variant_id=variant.pk,
            user_id=item.wish_list.user_id,
            subscribed_at=item.added_at,
            created_at=now,
        )
        for item in wanting
        for variant in available
        if variant.product_id == item.product_id and item.variant_id in (None, variant.pk)
    )
    publish_many(Topic.BACK_IN_STOCK, [fact.pk for fact in facts])
    WishListItem.objects.filter(pk__in=[item.pk for item in items]).update(awaits_stock=False)
    return len(facts)


def _available_variants(items: Sequence[WishListItem]) -> list[Variant]:
    products = {item.product_id for item in items}
    return list(variants_for_sale().filter(product__in=products, stock__gt=F("reserved")).order_by("pk"))


def _tell_of_price(items: Sequence[WishListItem], now: datetime) -> int:
    facts = PriceDrop.objects.bulk_create(
        PriceDrop(
            user_id=item.wish_list.user_id,
            product_id=item.product_id,
            variant_id=item.variant_id,
            known_price=item.known_price,
            new_price=item.price,  # type: ignore[attr-defined] # annotated
            currency=item.currency,
            wished_at=item.added_at,
            created_at=now,
        )
        for item in items
    )
    publish_many(Topic.PRICE_DROP, [fact.pk for fact in facts])
    for item, fact in zip(items, facts, strict=True):
        item.known_price = fact.new_price
    WishListItem.objects.bulk_update(items, ["known_price"])
    return len(facts)
