"""The steps of an order that its payments cause; others follow from its units (`changes`).

A conditional UPDATE refuses a step that the order's status doesn't allow. The lock on the order makes
concurrent requests wait, so that their responses have the final status.
"""

from datetime import datetime

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.orders.errors import OrderNotFound, TransitionNotAllowed
from backend.orders.models import Order, OrderStatus, OrderStatusHistory
from backend.outbox.services import publish
from backend.outbox.topics import Topic

STEPS: dict[OrderStatus, frozenset[OrderStatus]] = {
    # An order that expired is reopened when it is paid.
    OrderStatus.PENDING: frozenset({OrderStatus.CANCELLED}),
    OrderStatus.CONFIRMED: frozenset({OrderStatus.PENDING}),
}


def take_step(order_id: int, *, to: OrderStatus, by: Actor, now: datetime, note: str) -> Order:
    """Change the status of the order, which stays locked, with its history, and return the order.

    Raises:
        OrderNotFound, TransitionNotAllowed: its status doesn't allow it.
    """
    order = locked(order_id)
    allowed = STEPS[to]
    rows = Order.objects.filter(pk=order_id, status__in=allowed)
    if not rows.update(status=to, updated_at=now):
        raise TransitionNotAllowed(status=order.status, requested_status=to, allowed_from=sorted(allowed))
    step = OrderStatusHistory.objects.create(
        order=order, status=to, note=note, changed_by_id=by.user_id, changed_at=now
    )
    record("orders.status_changed", by=by, subject=order, changes={"status": (order.status, to)})
    publish(Topic.ORDER_STEP, step.pk)
    publish(Topic.ORDER, order_id)
    order.refresh_from_db()
    return order


def locked(order_id: int) -> Order:
    """Lock the order until the end of the caller's transaction, and return it.

    Raises:
        OrderNotFound: there is no such order.
    """
    order = Order.objects.select_for_update(no_key=True).filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound(order_id=order_id)
    return order
