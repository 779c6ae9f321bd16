"""Dead letters: what couldn't become an event, and another try once the reason is gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from analytics_pipeline import events, stream
from analytics_pipeline.events import InvalidEvent
from analytics_pipeline.stream import Batch, Stream
from analytics_pipeline.warehouse import NOBODY, Warehouse

_WAITING = """
SELECT entry, position, arrived_at, shopper_key, reason, payload
FROM dead_letters FINAL
WHERE replayed = 0
ORDER BY arrived_at, entry, position
LIMIT {limit:UInt64}
"""
_COUNT = "SELECT count() FROM dead_letters FINAL WHERE replayed = 0"
_DROP = "ALTER TABLE dead_letters DELETE WHERE arrived_at < {before:DateTime64(3, 'UTC')}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many letters went into the stream again, and how many still can't be an event."""

    replayed: int
    kept: int


def waiting(warehouse: Warehouse) -> int:
    """How many letters wait."""
    return int(warehouse.value(_COUNT))


def replay(warehouse: Warehouse, into: Stream, *, limit: int = 10_000) -> Replayed:
    """Try the oldest letters again, each as of its first arrival.

    A letter is marked after it went into the stream: one that goes twice is stored once.
    """
    letters = warehouse.rows(_WAITING, {"limit": limit})
    replayed = []
    for letter in letters:
        batch = _revived(letter)
        if batch is not None:
            into.append(batch)
            replayed.append(letter)
    columns = ("entry", "position", "arrived_at", "shopper_key", "reason", "payload")
    marked: dict[str, list[Any]] = {name: [letter[name] for letter in replayed] for name in columns}
    warehouse.insert("dead_letters", {**marked, "replayed": [1] * len(replayed)})
    return Replayed(replayed=len(replayed), kept=len(letters) - len(replayed))


def drop(warehouse: Warehouse, *, before: datetime) -> None:
    """Forget letters that arrived before this time."""
    warehouse.command(_DROP, {"before": before})


def _revived(letter: dict[str, Any]) -> Batch | None:
    payload = letter["payload"].encode()
    try:
        if letter["shopper_key"] == NOBODY and _is_batch(payload):
            return stream.decode(payload)
        event = events.validate(payload, arrived_at=letter["arrived_at"])
    except (InvalidEvent, msgspec.DecodeError):
        return None
    return Batch(arrived_at=letter["arrived_at"], shopper_key=_known(letter["shopper_key"]), events=(event,))


def _is_batch(payload: bytes) -> bool:
    try:
        found = msgspec.json.decode(payload)
    except msgspec.DecodeError:
        return False
    return isinstance(found, dict) and "events" in found


def _known(key: UUID) -> UUID | None:
    return None if key == NOBODY else key
