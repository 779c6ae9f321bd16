"""Changes to a whole order after checkout. Each is one transaction, and the history records its author.

Parts of an order are shipped, cancelled and returned by `shipments`, `cancellation` and `returns`.
"""

from collections.abc import Mapping
from datetime import datetime

from backend.audit.actors import Actor
from backend.orders.cancellation import cancel_units
from backend.orders.models import Order
from backend.orders.returns import receive_at_once
from backend.orders.shipments import deliver_all, ship_all


def ship(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Ship everything that is left, and return the order; see `ship_all`."""
    return ship_all(order_id, by=by, now=now, note=note)


def deliver(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Record that everything shipped was delivered, and return the order; see `deliver_all`."""
    return deliver_all(order_id, by=by, now=now, note=note)


def cancel(order_id: int, *, by: Actor, now: datetime, note: str = "") -> Order:
    """Cancel everything that isn't shipped, and return the order; see `cancel_units`."""
    return cancel_units(order_id, by=by, now=now, note=note)


def accept_return(
    order_id: int, *, units: Mapping[int, int], by: Actor, now: datetime, note: str = ""
) -> Order:
    """Take `units` (by order item id) back into stock, and return the order; see `receive_at_once`."""
    return receive_at_once(order_id, units=units, by=by, now=now, note=note)
