"""Sales as `order` events, so that one table has every step from a search to an order.

The id of an event follows from its movement, so that writing a movement again stores the same event. Amounts
are in the order facts alone.
"""

import hashlib
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
    """Return an event for each sale among these columns of `order_facts`, arrived when it happened.

    Its number, from which its version follows, is that of the time at which the movement was read: two writes
    of one movement have different versions, so that a repair can remove exactly the row that it read.
    """
    rows = zip(*(columns[name] for name in _COLUMNS), strict=True)
    for kind, movement, occurred_at, shopper_key, product, variant, quantity, exposure_id, version in rows:
        if kind != MovementKind.SALE:
            continue
        event = OrderPlaced(
            event_id=event_id(movement, occurred_at=occurred_at),
            product_id=product,
            variant_id=variant,
            quantity=quantity,
            exposure_id=None if exposure_id == NIL_UUID else exposure_id,
        )
        known = None if shopper_key == NIL_UUID else shopper_key
        number = number_at(moment_of(version))
        yield Record(event=event, shopper_key=known, arrived_at=occurred_at, number=number)


def event_id(movement: int, *, occurred_at: datetime) -> UUID:
    """Return the movement's UUIDv7: its time, and what would be random taken from its id."""
    digest = hashlib.blake2b(f"movement:{movement}".encode(), digest_size=10).digest()
    return uuid7.make(clocks.milliseconds(occurred_at), tail=digest)


_COLUMNS = (
    "kind",
    "movement_id",
    "occurred_at",
    "shopper_key",
    "product_id",
    "variant_id",
    "quantity",
    "exposure_id",
    "version",
)
