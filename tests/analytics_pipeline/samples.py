"""Sample events before a fixed time, `NOW`, and what tests do with them."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from analytics_pipeline import clocks, uuid7
from analytics_pipeline.events import AnyEvent, Record
from analytics_pipeline.recent import view_member
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Batch, Stream
from analytics_pipeline.warehouse import Warehouse

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ANNE = UUID(int=1)
BERT = UUID(int=2)


def id_at(moment: datetime) -> UUID:
    """Return a new UUIDv7 of this time."""
    return uuid7.make(clocks.milliseconds(moment), tail=secrets.token_bytes(10))


def id_ago(**ago: float) -> UUID:
    """Return a new UUIDv7 of this long before NOW, as in `hours=1`."""
    return id_at(NOW - timedelta(**ago))


def record(event: AnyEvent, *, shopper_key: UUID | None = ANNE, number: int = 1) -> Record:
    """Return a record of the event, which arrived when it happened."""
    return Record(event=event, shopper_key=shopper_key, arrived_at=event.occurred_at, number=number)


def append_interactions(
    settings: PipelineSettings, shopper_key: UUID, *, products: Mapping[int, datetime]
) -> None:
    """Append a batch of this shopper, with the time of the last interaction with each product."""
    batch = Batch(arrived_at=NOW, shopper_key=shopper_key, events=())
    times = {product: moment.timestamp() for product, moment in products.items()}
    # Under another key than a test's own stream, so that no consumer reads the batch.
    Stream(settings, key="tests:interactions").append(batch, recent=times)


def append_views(
    settings: PipelineSettings, shopper_key: UUID, *, views: Sequence[tuple[UUID, int, datetime]]
) -> None:
    """Append a batch of this shopper with these views: id, product and time of each."""
    viewed = {view_member(id_, product=product): moment.timestamp() for id_, product, moment in views}
    batch = Batch(arrived_at=NOW, shopper_key=shopper_key, events=())
    Stream(settings, key="tests:interactions").append(batch, viewed=viewed)


def database_of(warehouse: Warehouse) -> str:
    """Return the name of the database that the client uses."""
    return str(warehouse.value("SELECT currentDatabase()"))
