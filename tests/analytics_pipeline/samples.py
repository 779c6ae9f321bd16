"""Events of the past, made by hand."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from uuid_utils.compat import uuid7

from analytics_pipeline.events import AnyEvent, Record

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
ANNE = UUID(int=1)
BERT = UUID(int=2)


def id_at(moment: datetime) -> UUID:
    """A UUIDv7 of this time."""
    return UUID(int=(int(moment.timestamp() * 1000) << 80) | (uuid7().int & ((1 << 80) - 1)))


def id_ago(**ago: float) -> UUID:
    """A UUIDv7 of so long before NOW."""
    return id_at(NOW - timedelta(**ago))


def record(event: AnyEvent, *, shopper_key: UUID | None = ANNE, number: int = 1) -> Record:
    """The event as if it had arrived when it happened."""
    return Record(event=event, shopper_key=shopper_key, arrived_at=event.occurred_at, number=number)
