"""Sales as `order` events, so that one table has every step from a search to an order.

The id of an event is derived from its movement, so that writing a movement again stores the same event.
Events have no amounts; these are only in the order facts.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from analytics_pipeline import clocks, uuid7
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import OrderPlaced, Record
from analytics_pipeline.facts import FactColumns
from analytics_pipeline.stream import number_at
from analytics_pipeline.warehouse import moment_of
from backend.orders.models import MovementKind


def of_facts(columns: FactColumns) -> Iterator[Record]:
    """Return an event for each sale in `columns` of `order_facts`; its arrival is the time of the sale.

    The event's version is derived from the time at which the movement was read, so two writes of a movement
    have different versions, and a repair can remove exactly the row that it read.
    """
    rows = zip(*(columns[name] for name in _COLUMNS), strict=True)
    for (
        kind,
        movement,
        order,
        occurred_at,
        shopper_key,
        product,
        variant,
        quantity,
        exposure_id,
        version,
    ) in rows:
        if kind != MovementKind.SALE:
            continue
        event = OrderPlaced(
            event_id=event_id(movement, occurred_at=occurred_at),
            product_id=product,
            variant_id=variant,
            quantity=quantity,
            exposure_id=None if exposure_id == NIL_UUID else exposure_id,
            order_id=order or None,
        )
        known = None if shopper_key == NIL_UUID else shopper_key
        number = number_at(moment_of(version))
        yield Record(event=event, shopper_key=known, arrived_at=occurred_at, number=number)


def event_id(movement: int, *, occurred_at: datetime) -> UUID:
    """Return the movement's UUIDv7: the time of the movement, and a hash of its id as the random part."""
    return uuid7.derived(clocks.milliseconds(occurred_at), name=f"movement:{movement}")


_COLUMNS = (
    "kind",
    "movement_id",
    "order_id",
    "occurred_at",
    "shopper_key",
    "product_id",
    "variant_id",
    "quantity",
    "exposure_id",
    "version",
)
