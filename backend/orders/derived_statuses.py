"""Derives the statuses of orders that were changed by an earlier release.

Earlier releases took units back without changing the status of the order. Orders may be changed meanwhile:
each one is locked, and its units are read again, before its status is derived.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from django.db.models import Exists, OuterRef, Sum

from backend.audit.actors import Actor
from backend.orders.changes import derive_again
from backend.orders.models import Movement, MovementKind, Order, OrderItem, OrderStatus
from backend.orders.status import COUNTERS_OF, Units, status_of

BATCH = 1_000
_COUNTERS = ("quantity", "cancelled", "shipped", "delivered", "returned")


def derive_statuses(*, by: Actor, now: datetime) -> int:
    """Change the status of each order whose units say otherwise, in a transaction each; return how many."""
    return sum(derive_again(order_id, by=by, now=now) for order_id in _outdated())


def _outdated() -> Iterator[int]:
    """Yield the ids of the orders whose status differs from that of their units (2 queries a batch)."""
    is_confirmed = Exists(Movement.objects.filter(order=OuterRef("pk"), kind=MovementKind.SALE))
    orders = Order.objects.order_by("pk").values_list("pk", "status", is_confirmed)
    last = 0
    while batch := list(orders.filter(pk__gt=last)[:BATCH]):
        last = batch[-1][0]
        units = _units_of([order_id for order_id, _, _ in batch])
        for order_id, status, confirmed in batch:
            found = units.get(order_id)
            if found is not None and status != _status_of(found, status=status, confirmed=confirmed):
                yield order_id


def _units_of(order_ids: list[int]) -> Mapping[int, Units]:
    rows = OrderItem.objects.filter(order__in=order_ids).order_by().values("order")
    sums = rows.values_list("order", *(Sum(name) for name in _COUNTERS))
    return {order_id: Units(**dict(zip(_COUNTERS, found, strict=True))) for order_id, *found in sums}


def _status_of(units: Units, *, status: str, confirmed: bool) -> OrderStatus:
    if units.cancelled == units.shipped == 0:
        # Earlier releases counted no units.
        moved = dict.fromkeys(COUNTERS_OF.get(OrderStatus(status), ()), units.quantity)
        units = Units(quantity=units.quantity, returned=units.returned, **moved)
    return status_of(units, confirmed=confirmed)
