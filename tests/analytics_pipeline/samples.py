"""Events of the past, made by hand."""

import secrets
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID

from analytics_pipeline import clocks, uuid7
from analytics_pipeline.events import AnyEvent, Record
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Batch, Stream

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ANNE = UUID(int=1)
BERT = UUID(int=2)


def id_at(moment: datetime) -> UUID:
    """A UUIDv7 of this time."""
    return uuid7.make(clocks.milliseconds(moment), tail=secrets.token_bytes(10))


def id_ago(**ago: float) -> UUID:
    """A UUIDv7 of so long before NOW."""
    return id_at(NOW - timedelta(**ago))


def record(event: AnyEvent, *, shopper_key: UUID | None = ANNE, number: int = 1) -> Record:
    """The event as if it had arrived when it happened."""
    return Record(event=event, shopper_key=shopper_key, arrived_at=event.occurred_at, number=number)


def remember(settings: PipelineSettings, shopper_key: UUID, *, products: Mapping[int, datetime]) -> None:
    """Accept a batch of this shopper whose last interactions were with these products."""
    batch = Batch(arrived_at=NOW, shopper_key=shopper_key, events=())
    times = {product: moment.timestamp() for product, moment in products.items()}
    # A stream of its own, so that no consumer of a test finds the batch.
    Stream(settings, key="tests:interactions").append(batch, recent=times)
