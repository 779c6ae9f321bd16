"""Dead letters: what couldn't become an event, and another try once the reason is gone."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from analytics_pipeline import events, stream
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import InvalidEvent
from analytics_pipeline.ingest import WHOLE_ENTRY
from analytics_pipeline.stream import Batch, Stream
from analytics_pipeline.warehouse import Warehouse

_WAITING = """
SELECT entry, position, arrived_at, shopper_key, reason, payload
FROM dead_letters FINAL
WHERE replayed = 0 AND (entry, position) > ({entry:String}, {position:UInt32}) AND entry <= {newest:String}
ORDER BY entry, position
LIMIT {limit:UInt64}
"""
_COLUMNS = ("entry", "position", "arrived_at", "shopper_key", "reason", "payload")
_NEWEST = "SELECT max(entry) FROM dead_letters"
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


def replay(warehouse: Warehouse, into: Stream, *, at_once: int = 10_000) -> Replayed:
    """Try every letter again that there is now, each as of its first arrival.

    A letter is marked after it went into the stream: one that goes twice is stored once.
    """
    replayed = kept = 0
    last: dict[str, Any] = {"entry": "", "position": 0}
    # What the consumer buries meanwhile has greater entries, and its turn next time.
    bounds = {"newest": warehouse.value(_NEWEST), "limit": at_once}
    while letters := warehouse.rows(
        _WAITING, {**bounds, "entry": last["entry"], "position": last["position"]}
    ):
        sent = [letter for letter in letters if _sent(letter, into=into)]
        marked: dict[str, list[Any]] = {name: [letter[name] for letter in sent] for name in _COLUMNS}
        warehouse.insert("dead_letters", {**marked, "replayed": [1] * len(sent)})
        replayed += len(sent)
        kept += len(letters) - len(sent)
        last = letters[-1]
    return Replayed(replayed=replayed, kept=kept)


def drop(warehouse: Warehouse, *, before: datetime) -> None:
    """Forget letters that arrived before this time."""
    warehouse.command(_DROP, {"before": before})


def _sent(letter: dict[str, Any], *, into: Stream) -> bool:
    batch = _revived(letter)
    if batch is not None:
        into.append(batch)
    return batch is not None


def _revived(letter: dict[str, Any]) -> Batch | None:
    payload = letter["payload"].encode()
    try:
        # Told by its place and not by its payload: an event that intake refused may look like an entry, and
        # would bring events that only the server may send.
        if letter["position"] == WHOLE_ENTRY:
            return stream.decode(payload)
        event = events.validate(payload, arrived_at=letter["arrived_at"])
    except (InvalidEvent, msgspec.DecodeError):
        return None
    return Batch(arrived_at=letter["arrived_at"], shopper_key=_known(letter["shopper_key"]), events=(event,))


def _known(key: UUID) -> UUID | None:
    return None if key == NIL_UUID else key
