"""The stream of live events in Redis, which one subscriber of the outbox fills."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from analytics_pipeline.redis_client import Connection
from analytics_pipeline.settings import PipelineSettings

KEY = "vitrine:live"
KEPT = 20_000
"""About so many events are kept for clients that reconnect."""
NO_ID = (0, 0)
_ID = re.compile(r"([0-9]{1,18})-([0-9]{1,18})")
_TIMEOUT_SECONDS = 1.0

EventId = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LiveEvent:
    """An event for the connections that watch `target`, such as `user:17` or `product:3`."""

    target: str
    name: str
    data: Mapping[str, object]

    def fields(self) -> dict[str, str | bytes]:
        """Return the fields of the stream's entry."""
        return {"target": self.target, "name": self.name, "data": orjson.dumps(self.data)}


@dataclass(frozen=True, slots=True)
class Entry:
    """An event in the stream; `data` is JSON without line breaks."""

    id: EventId
    target: str
    name: str
    data: str

    @classmethod
    def read(cls, entry_id: bytes, fields: Mapping[bytes, bytes]) -> "Entry":
        """Return the entry with these fields."""
        milliseconds, _, number = entry_id.decode().partition("-")
        found = (int(milliseconds), int(number))
        target, name, data = (fields[key].decode() for key in (b"target", b"name", b"data"))
        return cls(found, target, name, data)


class Feed:
    """Appends events. `key` is the key of the stream."""

    def __init__(self, settings: PipelineSettings, *, key: str = KEY) -> None:
        """Prepare a connection, which is opened by the first call."""
        self._connection = Connection(settings, timeout_seconds=_TIMEOUT_SECONDS)
        self._key = key

    def append(self, events: Iterable[LiveEvent]) -> None:
        """Append the events in one transaction, and drop the oldest ones.

        Raises:
            StreamUnavailable: Redis can't be reached; the events may or may not be appended.
        """
        rows = [event.fields() for event in events]

        def add(client: Any) -> None:
            with client.pipeline(transaction=True) as pipe:
                for row in rows:
                    pipe.xadd(self._key, row, maxlen=KEPT, approximate=True)
                pipe.execute()

        if rows:
            self._connection.call(add)


def parsed(text: str) -> EventId | None:
    """Return the id that the text is, or None."""
    match = _ID.fullmatch(text)
    return (int(match[1]), int(match[2])) if match else None


def written(event_id: EventId) -> str:
    """Return the id as text."""
    return f"{event_id[0]}-{event_id[1]}"
