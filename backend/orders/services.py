"""Changes to an order after checkout. Each is one transaction, and the history records its author.

A conditional UPDATE refuses a change that the order's status doesn't allow. The lock on the order makes
concurrent requests wait, so that their responses have the final status.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F

from backend.api.errors import InvalidInput
from backend.api.expressions import number_by_key
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.inventory.models import TransactionType
from backend.inventory.reservations import fulfil, release
from backend.inventory.services import Entry, record_many
from backend.orders.errors import OrderNotFound, ReturnTooLarge, TransitionNotAllowed
from backend.orders.models import Order, OrderItem, OrderStatus, OrderStatusHistory, PaymentStatus
from backend.orders.movements import Returned, record_cancels, record_returns
from backend.outbox.services import publish
from backend.outbox.topics import Topic

STEPS: dict[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.CONFIRMED: frozenset({OrderStatus.PENDING}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.CONFIRMED}),
    OrderStatus.DELIVERED: frozenset({OrderStatus.SHIPPED}),
    OrderStatus.CANCELLED: frozenset({OrderStatus.PENDING, OrderStatus.CONFIRMED}),
}
RETURNABLE = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED})


def ship(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Mark the order as shipped, take its units out of stock, and return the order.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: the order is not confirmed.
        ReservationShort: some of its units were damaged and have not been replaced.
    """
    with transaction.atomic():
        order = take_step(order_id, to=OrderStatus.SHIPPED, by=by, now=now, note=note)
        fulfil(_reservations_of(order), by=by, now=now)
    return order


def deliver(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Mark the order as delivered and paid, and return the order.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: the order was not shipped, or is delivered already.
    """
    with transaction.atomic():
        return take_step(
            order_id, to=OrderStatus.DELIVERED, by=by, now=now, note=note, payment=PaymentStatus.PAID
        )


def cancel(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Cancel the order, release its units, and return the order.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: the order was shipped, or is cancelled already.
    """
    with transaction.atomic():
        order = take_step(
            order_id, to=OrderStatus.CANCELLED, by=by, now=now, note=note, payment=PaymentStatus.CANCELLED
        )
        release(_reservations_of(order), by=by, now=now)
        record_cancels([order.pk])
    return order


def accept_return(
    order_id: int, *, units: Mapping[int, int], by: Actor, now: datetime, note: str = ""
) -> Order:
    """Take `units` (by order item id) back into stock, and return the order.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: the order was not shipped.
        InvalidInput: an item doesn't belong to the order.
        ReturnTooLarge: more units would be returned than were bought; nothing is changed.
    """
    with transaction.atomic():
        order = _locked(order_id)
        if order.status not in RETURNABLE:
            raise TransitionNotAllowed(status=order.status, allowed_from=sorted(RETURNABLE))
        items = _items_returned(order, units=units)
        _count_returned(items, units=units)
        entries = [_entry_of(item, quantity=units[item.pk], order=order, note=note) for item in items]
        record_many(entries, by=by, now=now)
        record_returns([_returned(item, quantity=units[item.pk], now=now) for item in items])
        Order.objects.filter(pk=order.pk).update(updated_at=now)
        returned = {f"item {item.pk}": (item.returned, item.returned + units[item.pk]) for item in items}
        record("orders.units_returned", by=by, subject=order, changes=returned)
        publish(Topic.ORDER, order.pk)
    return order


def _items_returned(order: Order, *, units: Mapping[int, int]) -> list[OrderItem]:
    items = list(order.items.filter(pk__in=units))
    if unknown := sorted(units.keys() - {item.pk for item in items}):
        raise InvalidInput(items=[f"Not an item of this order: {', '.join(map(str, unknown))}."])
    return items


def _count_returned(items: Sequence[OrderItem], *, units: Mapping[int, int]) -> None:
    quantity = number_by_key(units)
    rows = OrderItem.objects.filter(pk__in=units, quantity__gte=F("returned") + quantity)
    if rows.update(returned=F("returned") + quantity) < len(units):
        raise ReturnTooLarge(
            items=[
                {
                    "item_id": item.pk,
                    "quantity": item.quantity,
                    "returned": item.returned,
                    "requested": units[item.pk],
                }
                for item in items
                if item.returned + units[item.pk] > item.quantity
            ]
        )


def _entry_of(item: OrderItem, *, quantity: int, order: Order, note: str) -> Entry:
    return Entry(
        variant_id=item.variant_id,
        transaction_type=TransactionType.RETURN,
        quantity=quantity,
        reference=order.order_number,
        notes=note,
    )


def _returned(item: OrderItem, *, quantity: int, now: datetime) -> Returned:
    return Returned(order_item_id=item.pk, quantity=quantity, before=item.returned, occurred_at=now)


def take_step(
    order_id: int,
    *,
    to: OrderStatus,
    by: Actor,
    now: datetime,
    note: str,
    payment: PaymentStatus | None = None,
) -> Order:
    """Change the status of the order, which stays locked, with its history, and return the order.

    Raises:
        OrderNotFound, TransitionNotAllowed: its status doesn't allow it.
    """
    order = _locked(order_id)
    allowed = STEPS[to]
    changes = {"status": to, "updated_at": now} | ({"payment_status": payment} if payment else {})
    if not Order.objects.filter(pk=order_id, status__in=allowed).update(**changes):
        raise TransitionNotAllowed(status=order.status, requested_status=to, allowed_from=sorted(allowed))
    step = OrderStatusHistory.objects.create(
        order=order, status=to, note=note, changed_by_id=by.user_id, changed_at=now
    )
    record("orders.status_changed", by=by, subject=order, changes={"status": (order.status, to)})
    publish(Topic.ORDER_STEP, step.pk)
    publish(Topic.ORDER, order_id)
    order.refresh_from_db()
    return order


def _locked(order_id: int) -> Order:
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound(order_id=order_id)
    return order


def _reservations_of(order: Order) -> list[int]:
    rows = OrderItem.objects.filter(order=order, reservation__isnull=False)
    return list(rows.values_list("reservation_id", flat=True))
