"""Items of carts as `carted` events: what the shop's own carts recorded, beside what clients report.

The id of an event is derived from its item and the time of the addition, so that writing an item again stores
the same event.
"""

from collections.abc import Iterator
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from analytics_pipeline import clocks, uuid7
from analytics_pipeline.events import Carted, Record
from analytics_pipeline.stream import number_at
from backend.carts.models import CartItem


def of_items(items: QuerySet[CartItem], *, read_at: datetime) -> Iterator[Record]:
    """Return an event for each item whose shopper is known."""
    for item in items.filter(shopper_key__isnull=False).select_related("variant"):
        event = Carted(
            event_id=event_id(item.pk, added_at=item.added_at),
            product_id=item.variant.product_id,
            variant_id=item.variant_id,
            quantity=item.quantity,
            exposure_id=item.exposure_id,
        )
        yield Record(
            event=event,
            shopper_key=item.shopper_key,
            arrived_at=item.added_at,
            number=number_at(read_at),
            **item.arrival.columns(),
        )


def event_id(item: int, *, added_at: datetime) -> UUID:
    """Return the UUIDv7 of an addition: its time, and a hash of the item's id as the random part."""
    return uuid7.derived(clocks.milliseconds(added_at), name=f"cart item:{item}")
