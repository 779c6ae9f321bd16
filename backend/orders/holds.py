"""Cancels orders that were not paid before their hold ended.

Confirmation and expiry both lock the order first, so if they happen at the same time, one comes first and the
other finds the order's new status.
"""

from datetime import datetime

from django.db import transaction

from backend.audit.actors import Actor
from backend.orders.cancellation import cancel_units
from backend.orders.models import Order, OrderStatus

NOTE = "The order was not paid in time."


def expire_orders(*, by: Actor, now: datetime) -> int:
    """Cancel the PENDING orders whose hold has ended, each in its own transaction; return how many.

    An order that is paid or cancelled meanwhile is left as it is.
    """
    expired = Order.objects.filter(status=OrderStatus.PENDING, expires_at__lte=now).order_by("expires_at")
    cancelled = 0
    for order_id in expired.values_list("pk", flat=True).iterator():
        with transaction.atomic():
            # Another process may be cancelling it.
            locked = Order.objects.select_for_update(no_key=True, skip_locked=True).filter(pk=order_id)
            if locked.filter(status=OrderStatus.PENDING, expires_at__lte=now).exists():
                cancel_units(order_id, by=by, now=now, note=NOTE)
                locked.update(expired_at=now)
                cancelled += 1
    return cancelled
