"""Helpers that settle orders and read what was paid."""

from datetime import datetime

from backend.orders.models import Order
from backend.orders.settlement import settle_number
from backend.payments.performing import due, perform
from backend.payments.selectors import sums_of
from tests.backend.shop import NOW, SYSTEM


def settled(order: Order, *, at: datetime = NOW) -> Order:
    """Perform the requests of the order's payments and settle it, until neither changes anything."""
    for _ in range(4):
        for request_id in due(now=at, limit=100):
            perform(request_id, clock=lambda: at)
        settle_number(order.order_number, by=SYSTEM, now=at)
    order.refresh_from_db()
    return order


def money_of(order: Order) -> tuple[str, str, int, int]:
    """Return the status, the payment status, and what was captured and refunded."""
    sums = sums_of(order.order_number)
    return order.status, order.payment_status, int(sums.captured), int(sums.refunded)
