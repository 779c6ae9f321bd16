"""Sales as `order` events, so that one table has every step from a search to an order.

An event has the time at which the order was placed, because it belongs to the visit in which the shopper did
that; the sale may have been confirmed days later. The id of an event is derived from its movement and that
time, so that writing a movement again stores the same event.
Events have no amounts; these are only in the order facts.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from analytics_pipeline import clocks, uuid7
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import OrderPlaced, Record
from analytics_pipeline.facts import FactColumns
from analytics_pipeline.reports.parameters import FIRST_DAY, LAST_DAY
from analytics_pipeline.stream import number_at
from analytics_pipeline.warehouse import moment_of
from backend.orders.models import MovementKind


def of_facts(columns: FactColumns) -> Iterator[Record]:
    """Return an event for each sale in `columns` of `order_facts`; its arrival is the time of the sale.

    The event's version is derived from the time at which the movement was read, so two writes of a movement
    have different versions, and a repair can remove exactly the row that it read.
    """
    rows = zip(*(columns[name] for name in _Fact._fields), strict=True)
    return (_record(fact) for fact in map(_Fact._make, rows) if fact.kind == MovementKind.SALE)


def event_id(movement: int, *, ordered_at: datetime) -> UUID:
    """Return the movement's UUIDv7: the order's time, and a hash of the movement's id as the random part."""
    return uuid7.derived(clocks.milliseconds(ordered_at), name=f"movement:{movement}")


class _Fact(NamedTuple):
    """Columns of `order_facts`."""

    kind: str
    movement_id: int
    order_id: int
    occurred_at: datetime
    placed_at: datetime
    shopper_key: UUID
    product_id: int
    variant_id: int
    quantity: int
    exposure_id: UUID
    device: str
    is_bot: bool
    consent: str
    version: int


def _record(fact: _Fact) -> Record:
    event = OrderPlaced(
        event_id=event_id(fact.movement_id, ordered_at=_ordered_at(fact)),
        product_id=fact.product_id,
        variant_id=fact.variant_id,
        quantity=fact.quantity,
        exposure_id=None if fact.exposure_id == NIL_UUID else fact.exposure_id,
        order_id=fact.order_id or None,
    )
    return Record(
        event=event,
        shopper_key=None if fact.shopper_key == NIL_UUID else fact.shopper_key,
        arrived_at=fact.occurred_at,
        number=number_at(moment_of(fact.version)),
        device=fact.device,
        is_bot=fact.is_bot,
        consent=fact.consent,
    )


def _ordered_at(fact: _Fact) -> datetime:
    """Return when the order was placed, or when it was confirmed if that isn't known or can't be stored."""
    return fact.placed_at if FIRST_DAY <= fact.placed_at.date() <= LAST_DAY else fact.occurred_at
