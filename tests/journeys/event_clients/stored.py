"""What the warehouse of a shop has of events."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import clickhouse_connect

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from tests.services.shop import Shop
from tests.services.waiting import wait_until

COLUMNS = (
    "toString(event_id), toString(type), toString(shopper_key), toString(session_id), product_id, reported_at"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """An event in the warehouse; the nil UUID is none."""

    event_id: str
    type: str
    shopper_key: str
    session_id: str
    product_id: int
    reported_at: datetime


class Events:
    """The events of a shop's warehouse."""

    def __init__(self, client: Any) -> None:
        """Read with this client."""
        self._client = client

    def of(self, ids: Sequence[str]) -> list[Stored]:
        """Return the events with these ids that are stored, in this order; each copy that counts."""
        statement = f"SELECT {COLUMNS} FROM events FINAL WHERE toString(event_id) IN {{ids:Array(String)}}"
        rows = self._client.query(statement, parameters={"ids": list(ids)}).result_rows
        return sorted((Stored(*row) for row in rows), key=lambda event: ids.index(event.event_id))

    def wait_for(self, ids: Sequence[str]) -> list[Stored]:
        """Return the events once all of them are stored; fail if one counts twice."""
        wait_until(lambda: len(self.of(ids)) >= len(ids), what=f"{len(ids)} events are stored", seconds=30)
        stored = self.of(ids)
        assert [event.event_id for event in stored] == list(ids)
        return stored


@contextmanager
def events_of(shop: Shop) -> Iterator[Events]:
    """Connect to the shop's warehouse."""
    url = shop.environ.get("CLICKHOUSE_URL") or embedded.clickhouse_url(PipelineSettings(home=shop.home))
    client = clickhouse_connect.get_client(dsn=url, autogenerate_session_id=False)
    try:
        yield Events(client)
    finally:
        client.close()
