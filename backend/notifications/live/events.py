"""What is told live: messages in the inbox, steps of own orders, and the stock of products."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence

from backend.catalog.models import Variant
from backend.notifications.live.feed import LiveEvent
from backend.notifications.models import InboxMessage
from backend.orders.models import OrderStatusHistory
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic

TOPICS = frozenset({Topic.INBOX_MESSAGE, Topic.ORDER_STEP, Topic.PRODUCT})


def events_of(notices: Sequence[Notice]) -> Iterator[LiveEvent]:
    """Yield the events of the notices, facts in their order."""
    keys: dict[Topic, list[int]] = defaultdict(list)
    for notice in notices:
        keys[notice.topic].append(int(notice.key))
    yield from _order_steps(keys[Topic.ORDER_STEP])
    yield from _inbox(keys[Topic.INBOX_MESSAGE])
    yield from _stock(keys[Topic.PRODUCT])


def user_target(user_id: int) -> str:
    """Return the target of what a user is told."""
    return f"user:{user_id}"


def product_target(product_id: int) -> str:
    """Return the target of a product's stock."""
    return f"product:{product_id}"


def _order_steps(keys: Collection[int]) -> Iterator[LiveEvent]:
    steps = OrderStatusHistory.objects.filter(pk__in=keys, order__user__isnull=False)
    for step in steps.select_related("order").order_by("pk"):
        user_id = step.order.user_id
        if user_id is None:
            continue
        data = {
            "order_id": step.order_id,
            "order_number": step.order.order_number,
            "status": step.status,
            "changed_at": step.changed_at,
        }
        yield LiveEvent(user_target(user_id), "order", data)


def _inbox(keys: Collection[int]) -> Iterator[LiveEvent]:
    for row in InboxMessage.objects.filter(pk__in=keys).order_by("pk"):
        data = {"id": row.pk, "kind": row.kind, "title": row.title, "url": row.url}
        yield LiveEvent(user_target(row.user_id), "notification", data)


def _stock(product_ids: Collection[int]) -> Iterator[LiveEvent]:
    if not product_ids:
        return
    rows = Variant.objects.filter(
        product__in=product_ids, product__deleted_at=None, product__is_active=True, is_active=True
    )
    available: dict[int, list[dict[str, int]]] = defaultdict(list)
    for variant in rows.order_by("product_id", "pk"):
        left = max(0, variant.stock - variant.reserved)
        available[variant.product_id].append({"variant_id": variant.pk, "available": left})
    for product_id, variants in available.items():
        yield LiveEvent(product_target(product_id), "stock", {"product_id": product_id, "variants": variants})
