"""Derives an order's status from the units of its items, and says which action each status allows."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from backend.orders.errors import TransitionNotAllowed
from backend.orders.models import OrderStatus


class Counted(Protocol):
    """Counters of units, such as those of an order item."""

    quantity: int
    cancelled: int
    shipped: int
    delivered: int
    returned: int


COUNTERS_OF: dict[OrderStatus, tuple[str, ...]] = {
    OrderStatus.SHIPPED: ("shipped",),
    OrderStatus.DELIVERED: ("shipped", "delivered"),
    OrderStatus.CANCELLED: ("cancelled",),
}
"""The counters that equal the quantity of each item, by the status of an order that moves as a whole.

Orders of other shops do, and those of earlier releases, which leave the counters at 0.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The units of several order items."""

    quantity: int
    cancelled: int = 0
    shipped: int = 0
    delivered: int = 0
    returned: int = 0

    @property
    def kept(self) -> int:
        """The units that are not cancelled."""
        return self.quantity - self.cancelled


def units_of(items: Iterable[Counted]) -> Units:
    """Return the sums of the items' counters."""
    rows = list(items)
    return Units(
        quantity=sum(row.quantity for row in rows),
        cancelled=sum(row.cancelled for row in rows),
        shipped=sum(row.shipped for row in rows),
        delivered=sum(row.delivered for row in rows),
        returned=sum(row.returned for row in rows),
    )


def status_of(units: Units, *, confirmed: bool) -> OrderStatus:
    """Return the status of an order with these units; cancelled units don't count.

    As long as units are to be shipped, returns of others don't show in the status.
    """
    if units.kept == 0:
        return OrderStatus.CANCELLED
    if not confirmed:
        return OrderStatus.PENDING
    if units.shipped < units.kept:
        return OrderStatus.PARTIALLY_SHIPPED if units.shipped else OrderStatus.CONFIRMED
    if units.returned:
        return OrderStatus.RETURNED if units.returned == units.kept else OrderStatus.PARTIALLY_RETURNED
    return OrderStatus.DELIVERED if units.delivered == units.kept else OrderStatus.SHIPPED


class Action(Enum):
    """What can be done with an order, and the status that it leads to if it concerns all units, if any."""

    SHIP = OrderStatus.SHIPPED
    DELIVER = OrderStatus.DELIVERED
    CANCEL = OrderStatus.CANCELLED
    RETURN = OrderStatus.RETURNED
    REFUND = None


ALLOWED_FROM: dict[Action, frozenset[OrderStatus]] = {
    Action.SHIP: frozenset({OrderStatus.CONFIRMED, OrderStatus.PARTIALLY_SHIPPED}),
    Action.DELIVER: frozenset(
        {OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.PARTIALLY_RETURNED}
    ),
    Action.CANCEL: frozenset({OrderStatus.PENDING, OrderStatus.CONFIRMED, OrderStatus.PARTIALLY_SHIPPED}),
    # From RETURNED, so that the error says which units were returned already.
    Action.RETURN: frozenset(
        {
            OrderStatus.PARTIALLY_SHIPPED,
            OrderStatus.SHIPPED,
            OrderStatus.DELIVERED,
            OrderStatus.PARTIALLY_RETURNED,
            OrderStatus.RETURNED,
        }
    ),
    # Money without units. A cancelled order is refunded anyway, and a PENDING one isn't paid.
    Action.REFUND: frozenset(OrderStatus) - {OrderStatus.PENDING, OrderStatus.CANCELLED},
}


def require_allowed(action: Action, *, status: str) -> None:
    """Check that an order with this status allows the action.

    Raises:
        TransitionNotAllowed: it doesn't.
    """
    allowed = ALLOWED_FROM[action]
    if status not in allowed:
        requested = {} if action.value is None else {"requested_status": action.value}
        raise TransitionNotAllowed(status=status, **requested, allowed_from=sorted(allowed))
