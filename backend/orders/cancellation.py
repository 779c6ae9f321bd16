"""Cancels units that are not shipped."""

from collections.abc import Mapping
from datetime import datetime

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.inventory.reservations import release
from backend.orders.changes import changing, chosen, count, items_of, open_units, require_open
from backend.orders.errors import TransitionNotAllowed
from backend.orders.models import MovementKind, Order, OrderStatus
from backend.orders.movements import Part, record_parts
from backend.orders.promotions import give_back_uses
from backend.orders.status import Action


def cancel_units(
    order_id: int,
    *,
    units: Mapping[int, int] | None = None,
    seller_id: int | None = None,
    by: Actor,
    now: datetime,
    note: str = "",
) -> Order:
    """Cancel `units` (by item id), or all that are not shipped, release them, and return the order.

    With `seller_id`, only this seller's items can be cancelled. An order that isn't confirmed yet can only be
    cancelled as a whole, because its payment is of the whole.

    Raises:
        OrderNotFound: there is no such order.
        TransitionNotAllowed: nothing of it can be cancelled.
        InvalidInput: an item doesn't belong to the order or the seller.
        UnitsNotLeft: fewer units are left to cancel.
    """
    with changing(order_id, Action.CANCEL, by=by, now=now, note=note) as order:
        if order.status == OrderStatus.PENDING and (units is not None or seller_id is not None):
            raise TransitionNotAllowed(
                status=order.status, allowed_from=[OrderStatus.CONFIRMED, OrderStatus.PARTIALLY_SHIPPED]
            )
        items = items_of(order, seller_id=seller_id)
        if units is None:
            units = {item.pk: open_units(item) for item in items if open_units(item)}
        items = chosen(items, units=units)
        require_open(items, units=units)
        # An imported order holds no stock.
        reserved = {one.reservation_id: units[one.pk] for one in items if one.reservation_id is not None}
        if reserved:
            release(reserved, units=reserved, by=by, now=now)
        record_parts(
            [Part.of(item, quantity=units[item.pk], occurred_at=now) for item in items],
            kind=MovementKind.CANCEL,
        )
        count("cancelled", units=units)
        give_back_uses(order, now=now)
        cancelled = {f"item {item.pk}": (item.cancelled, item.cancelled + units[item.pk]) for item in items}
        record("orders.units_cancelled", by=by, subject=order, changes=cancelled)
    return order
