"""Confirms orders: from then on their units are sold."""

from datetime import datetime

from django.db import transaction

from backend.audit.actors import Actor
from backend.inventory.reservations import commit
from backend.orders.models import Order, OrderStatus
from backend.orders.movements import record_sales
from backend.orders.steps import locked, take_step


def confirm(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Confirm a PENDING order: commit its units, record its sales, and return the order.

    Raises:
        OrderNotFound, TransitionNotAllowed: it can't be confirmed.
    """
    with transaction.atomic():
        return confirm_locked(locked(order_id), by=by, now=now, note=note)


def confirm_locked(order: Order, *, by: Actor, now: datetime, note: str) -> Order:
    """Confirm a PENDING order that the caller's transaction has locked; `order` is updated and returned.

    Raises:
        TransitionNotAllowed: it is not PENDING.
    """
    take_step(order.pk, to=OrderStatus.CONFIRMED, by=by, now=now, note=note)
    commit(order.order_number)
    record_sales([order.pk])
    order.refresh_from_db()
    return order
