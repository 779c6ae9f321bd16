"""Changes units of an order: the status follows from them, and the payments follow from both."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction
from django.db.models import F

from backend.api.errors import InvalidInput
from backend.api.expressions import number_by_key
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.orders.errors import UnitsNotLeft
from backend.orders.models import (
    MovementKind,
    Order,
    OrderItem,
    OrderStatus,
    OrderStatusHistory,
)
from backend.orders.settlement import settle
from backend.orders.shipping_refunds import refund_shipping_of_returns
from backend.orders.status import COUNTERS_OF, Action, require_allowed, status_of, units_of
from backend.orders.steps import locked
from backend.outbox.services import publish
from backend.outbox.topics import Topic


@contextmanager
def changing(order_id: int, action: Action, *, by: Actor, now: datetime, note: str = "") -> Iterator[Order]:
    """Lock an order whose status allows `action`, for a transaction in which the caller changes its units.

    Afterwards the status is derived. If it has changed, the change is written to the history (with `note`)
    and to the audit log, and is published. Then shipping is refunded if it is due, the payments are settled,
    and the order is read again.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: its status doesn't allow the action.
    """
    with transaction.atomic():
        order = locked(order_id)
        require_allowed(action, status=order.status)
        _count_units_of_earlier_releases(order)
        yield order
        _derive_status(order, by=by, now=now, note=note)
        refund_shipping_of_returns(order, by=by, now=now)
        publish(Topic.ORDER, order.pk)
        settle(order, by=by, now=now)
        order.refresh_from_db()


def derive_again(order_id: int, *, by: Actor, now: datetime) -> bool:
    """Derive the status of an order that an earlier release changed; return whether it differs.

    The change is written to the history, but isn't published as a step: customers get no messages about it.

    Raises:
        OrderNotFound: there is no such order.
    """
    with transaction.atomic():
        order = locked(order_id)
        before = order.status
        _count_units_of_earlier_releases(order)
        _derive_status(order, by=by, now=now, note="Derived from its units.", is_step=False)
        if order.status != before:
            publish(Topic.ORDER, order.pk)
        return order.status != before


def _count_units_of_earlier_releases(order: Order) -> None:
    counters = COUNTERS_OF.get(OrderStatus(order.status), ())
    rows = order.items.filter(cancelled=0, shipped=0)
    if counters and not order.items.exclude(cancelled=0, shipped=0).exists():
        rows.update(**dict.fromkeys(counters, F("quantity")))


def _derive_status(order: Order, *, by: Actor, now: datetime, note: str, is_step: bool = True) -> None:
    confirmed = order.movements.filter(kind=MovementKind.SALE).exists()
    status = status_of(units_of(order.items.all()), confirmed=confirmed)
    before, order.status = order.status, status
    Order.objects.filter(pk=order.pk).update(status=status, updated_at=now)
    if status == before:
        return
    step = OrderStatusHistory.objects.create(
        order=order, status=status, note=note, changed_by_id=by.user_id, changed_at=now
    )
    record("orders.status_changed", by=by, subject=order, changes={"status": (before, status)})
    if is_step:
        publish(Topic.ORDER_STEP, step.pk)


def seller_id_of(item: OrderItem) -> int:
    """Return the seller; an item of an earlier release has its product's."""
    return item.seller_id or item.product.seller_id


def items_of(order: Order, *, seller_id: int | None = None) -> list[OrderItem]:
    """Return the items of the order, or only those of a seller (1 query)."""
    items = order.items.select_related("product", "reservation").order_by("pk")
    return [item for item in items if seller_id in (None, seller_id_of(item))]


def chosen(items: Sequence[OrderItem], *, units: Mapping[int, int]) -> list[OrderItem]:
    """Return the items that `units` names by id.

    Raises:
        InvalidInput: one of them is not among `items`.
    """
    if unknown := sorted(units.keys() - {item.pk for item in items}):
        raise InvalidInput(items=[f"Not an item of this order: {', '.join(map(str, unknown))}."])
    return [item for item in items if item.pk in units]


def open_units(item: OrderItem) -> int:
    """Return the units that are neither shipped nor cancelled."""
    return item.quantity - item.cancelled - item.shipped


def require_open(items: Sequence[OrderItem], *, units: Mapping[int, int]) -> None:
    """Check that `units` (by item id) of the items are neither shipped nor cancelled, and are not all 0.

    Raises:
        UnitsNotLeft: fewer units are left, or no unit is named.
    """
    missing = [
        {"item_id": item.pk, "requested": units[item.pk], "left": open_units(item)}
        for item in items
        if units[item.pk] > open_units(item)
    ]
    if missing or not any(units.values()):
        raise UnitsNotLeft(items=missing)


def count(counter: str, *, units: Mapping[int, int]) -> None:
    """Add `units` (by item id) to a counter of the items."""
    OrderItem.objects.filter(pk__in=units).update(**{counter: F(counter) + number_by_key(units)})
