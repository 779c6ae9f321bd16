"""Changes to an order after checkout. Each is one transaction, and the history records its author.

The payments are settled in the same transaction.
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
from backend.orders.amounts import amount_due
from backend.orders.errors import ReturnTooLarge, TransitionNotAllowed
from backend.orders.models import Order, OrderItem, OrderStatus, PaymentMethod, PaymentStatus
from backend.orders.movements import Returned, record_cancels, record_returns
from backend.orders.settlement import is_paid_here, settle
from backend.orders.steps import locked, take_step
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.payments.services import collect

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
        order.items.update(shipped=F("quantity"))
        settle(order, by=by, now=now)
    return order


def deliver(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Mark the order as delivered, and as paid if it is paid in cash, and return the order.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: the order was not shipped, or is delivered already.
    """
    with transaction.atomic():
        order = take_step(order_id, to=OrderStatus.DELIVERED, by=by, now=now, note=note)
        if not is_paid_here(order):
            # An order of an earlier release has no payment.
            Order.objects.filter(pk=order.pk).update(payment_status=PaymentStatus.PAID)
        elif order.payment_method == PaymentMethod.COD and (owed := amount_due(order)) > 0:
            collect(order.order_number, amount=owed, by=by, now=now)
        settle(order, by=by, now=now)
        order.refresh_from_db()
    return order


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
        order.items.update(cancelled=F("quantity"))
        record_cancels([order.pk])
        settle(order, by=by, now=now)
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
        order = locked(order_id)
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
        settle(order, by=by, now=now)
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


def _reservations_of(order: Order) -> list[int]:
    rows = OrderItem.objects.filter(order=order, reservation__isnull=False)
    return list(rows.values_list("reservation_id", flat=True))
