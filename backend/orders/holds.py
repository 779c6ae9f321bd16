"""Orders that wait for their payment: they are confirmed when it arrives, or cancelled when their hold ends.

Both lock the order first, so of a payment and the end of the hold at the same time one comes first, and the
other finds the order's new status.
"""

from datetime import datetime

from django.db import transaction

from backend.audit.actors import Actor
from backend.inventory.reservations import commit
from backend.orders.models import Order, OrderStatus
from backend.orders.movements import record_sales
from backend.orders.services import cancel, take_step

EXPIRED = "The order was not paid in time."


def confirm(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Confirm a PENDING order: commit its units, record its sales, and return the order.

    Raises:
        OrderNotFound, TransitionNotAllowed: it can't be confirmed.
    """
    with transaction.atomic():
        order = take_step(order_id, to=OrderStatus.CONFIRMED, by=by, now=now, note=note)
        commit(order.order_number)
        record_sales([order.pk])
    return order


def expire_orders(*, by: Actor, now: datetime) -> int:
    """Cancel the PENDING orders whose hold has ended, each in a transaction; return how many.

    An order that is paid or cancelled meanwhile is left as it is.
    """
    expired = Order.objects.filter(status=OrderStatus.PENDING, expires_at__lte=now).order_by("expires_at")
    cancelled = 0
    for order_id in expired.values_list("pk", flat=True).iterator():
        with transaction.atomic():
            # Another process may be cancelling it.
            locked = Order.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=order_id)
            if locked.filter(status=OrderStatus.PENDING, expires_at__lte=now).exists():
                cancel(order_id, by=by, now=now, note=EXPIRED)
                cancelled += 1
    return cancelled
