"""Back-in-stock subscriptions: each customer is notified once, when the variant is available.

Like stock alerts, subscriptions are compared with the stock when a product's message arrives from the outbox,
so it doesn't matter why units became available. `subscribe` publishes the product, too, so that stock that
arrives while a customer subscribes is not missed.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from backend.accounts.locks import lock_user
from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.models import Variant
from backend.catalog.services import products_changed
from backend.catalog.variants import variants_for_sale
from backend.inventory.errors import TooManySubscriptions, VariantAvailable
from backend.inventory.models import BackInStock, BackInStockSubscription
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

SUBSCRIPTIONS_PER_USER = 200
TOLD_AT_ONCE = 1_000


def subscribe(user: User, *, variant: Variant, by: Actor, now: datetime) -> BackInStockSubscription:
    """Return the user's subscription to the variant; create it if there is none.

    Raises:
        VariantAvailable: the variant is in stock.
        TooManySubscriptions: the user has SUBSCRIPTIONS_PER_USER.
    """
    if variant.available:
        raise VariantAvailable(variant_id=variant.pk, available=variant.available)
    with transaction.atomic():
        lock_user(user.pk)
        others = BackInStockSubscription.objects.filter(user=user).exclude(variant=variant)
        if others.count() >= SUBSCRIPTIONS_PER_USER:
            raise TooManySubscriptions(maximum=SUBSCRIPTIONS_PER_USER)
        row, made = BackInStockSubscription.objects.get_or_create(
            user=user, variant=variant, defaults={"created_at": now}
        )
        if made:
            record("inventory.back_in_stock_subscribed", by=by, subject=variant)
            products_changed({variant.product_id})
    return row


def unsubscribe(user: User, *, product_id: int, variant_id: int | None, by: Actor) -> None:
    """Delete the user's subscription to the variant, or those to all variants of the product."""
    rows = BackInStockSubscription.objects.filter(user=user, variant__product=product_id)
    if variant_id is not None:
        rows = rows.filter(variant=variant_id)
    with transaction.atomic():
        for row in rows.select_related("variant"):
            record("inventory.back_in_stock_unsubscribed", by=by, subject=row.variant)
        rows.delete()


def notify_subscribers(product_ids: Collection[int], *, now: datetime) -> int:
    """Publish a fact for each subscription to an available variant of the products; return how many.

    A subscription is deleted when its fact is published. All subscribers are notified, even if there are
    fewer units.
    """
    notified = 0
    while _due(product_ids).exists():
        found = _notify_some(product_ids, now=now)
        notified += found
        if not found:
            break
    return notified


def _notify_some(product_ids: Collection[int], *, now: datetime) -> int:
    with transaction.atomic():
        due = _due(product_ids).select_for_update(of=("self",)).order_by("pk")
        subscriptions = list(due[:TOLD_AT_ONCE])
        facts = BackInStock.objects.bulk_create(
            BackInStock(
                variant_id=row.variant_id, user_id=row.user_id, subscribed_at=row.created_at, created_at=now
            )
            for row in subscriptions
        )
        publish_many(Topic.BACK_IN_STOCK, [fact.pk for fact in facts])
        BackInStockSubscription.objects.filter(pk__in=[row.pk for row in subscriptions]).delete()
    return len(facts)


def _due(product_ids: Collection[int]) -> QuerySet[BackInStockSubscription]:
    # One statement reads subscriptions and stock: stock that was read earlier may have been sold before a
    # customer subscribed.
    return BackInStockSubscription.objects.filter(
        variant__in=variants_for_sale().filter(product__in=product_ids, stock__gt=F("reserved"))
    )
