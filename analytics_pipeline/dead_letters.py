"""Count, replay and drop dead letters (refused events)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from analytics_pipeline import clocks, stream, uuid7
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.custom_names import NamesOf, check_custom, no_names
from analytics_pipeline.ingest import WHOLE_ENTRY
from analytics_pipeline.stream import Batch, Stream
from analytics_pipeline.validation import InvalidEvent, validate
from analytics_pipeline.warehouse import Warehouse

_WAITING = """
SELECT entry, position, arrived_at, shopper_key, clock_offset, reason, payload, type, fault
FROM dead_letters FINAL
WHERE replayed = 0 AND (entry, position) > ({entry:String}, {position:UInt32}) AND entry <= {newest:String}
ORDER BY entry, position
LIMIT {limit:UInt64}
"""
_COLUMNS = (
    "entry",
    "position",
    "arrived_at",
    "shopper_key",
    "clock_offset",
    "reason",
    "payload",
    "type",
    "fault",
)
_NEWEST = "SELECT max(entry) FROM dead_letters"
_COUNT = "SELECT count() FROM dead_letters FINAL WHERE replayed = 0"
_DROP = "ALTER TABLE dead_letters DELETE WHERE arrived_at < {before:DateTime64(3, 'UTC')}"


_NEWEST_WAITING = """
SELECT arrived_at, reason, substringUTF8(payload, 1, {shown:UInt64}) AS payload
FROM dead_letters FINAL
WHERE replayed = 0
ORDER BY entry DESC, position DESC
LIMIT {limit:UInt64}
"""
SHOWN_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused event: when it arrived, why it was refused, and the beginning of its text."""

    arrived_at: datetime
    reason: str
    payload: str


class _Identified(msgspec.Struct):
    event_id: UUID


@dataclass(frozen=True, slots=True)
class Replayed:
    """How many letters were sent into the stream again, and how many are still invalid."""

    replayed: int
    kept: int


def waiting(warehouse: Warehouse) -> int:
    """Return how many letters have been neither replayed nor dropped."""
    return int(warehouse.value(_COUNT))


def newest(warehouse: Warehouse, *, limit: int) -> list[DeadLetter]:
    """Return the letters that arrived last and have been neither replayed nor dropped."""
    rows = warehouse.rows(_NEWEST_WAITING, {"limit": limit, "shown": SHOWN_CHARACTERS})
    return [DeadLetter(row["arrived_at"], row["reason"], row["payload"]) for row in rows]


def replay(
    warehouse: Warehouse,
    into: Stream,
    *,
    names_of: NamesOf = no_names,
    correct_clocks: bool = False,
    at_once: int = 10_000,
) -> Replayed:
    """Validate every letter again as of its first arrival, and send the valid ones into the stream.

    `names_of` returns the names of `custom` events. With `correct_clocks` an event with a time in the future
    gets the time of its arrival. A letter is marked as replayed after it was sent; one that is sent twice is
    stored once.
    """
    replayed = kept = 0
    last: dict[str, Any] = {"entry": "", "position": 0}
    # Letters that the consumer stores meanwhile have greater entries and are tried next time.
    bounds = {"newest": warehouse.value(_NEWEST), "limit": at_once}
    while letters := warehouse.rows(
        _WAITING, {**bounds, "entry": last["entry"], "position": last["position"]}
    ):
        sent = [
            letter
            for letter in letters
            if _sent(letter, into=into, names_of=names_of, correct_clocks=correct_clocks)
        ]
        marked: dict[str, list[Any]] = {name: [letter[name] for letter in sent] for name in _COLUMNS}
        warehouse.insert("dead_letters", {**marked, "replayed": [1] * len(sent)})
        replayed += len(sent)
        kept += len(letters) - len(sent)
        last = letters[-1]
    return Replayed(replayed=replayed, kept=kept)


def drop(warehouse: Warehouse, *, before: datetime) -> None:
    """Delete letters that arrived before this time."""
    warehouse.command(_DROP, {"before": before})


def _sent(letter: dict[str, Any], *, into: Stream, names_of: NamesOf, correct_clocks: bool) -> bool:
    batch = _batch(letter, names_of=names_of, correct_clocks=correct_clocks)
    if batch is not None:
        into.append(batch)
    return batch is not None


def _batch(letter: dict[str, Any], *, names_of: NamesOf, correct_clocks: bool) -> Batch | None:
    """Return the letter as a batch, or None if it is still invalid."""
    payload = letter["payload"].encode()
    # Only the position shows that the payload is a whole entry. An event that intake refused may look like an
    # entry, and could bring in events that only the server may send.
    if letter["position"] == WHOLE_ENTRY:
        return _entry(payload)
    offset = _least_offset(payload, letter=letter) if correct_clocks else letter["clock_offset"]
    try:
        event = validate(payload, arrived_at=letter["arrived_at"], clock_offset=offset)
        check_custom(event, names_of)
    except InvalidEvent:
        return None
    return Batch(
        arrived_at=letter["arrived_at"],
        shopper_key=None if letter["shopper_key"] == NIL_UUID else letter["shopper_key"],
        events=(event,),
        clock_offset=offset,
    )


def _entry(payload: bytes) -> Batch | None:
    try:
        return stream.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _least_offset(payload: bytes, *, letter: dict[str, Any]) -> int:
    """Return the letter's clock offset, reduced if the event would be later than its arrival."""
    given = int(letter["clock_offset"])
    try:
        id_ = msgspec.json.decode(payload, type=_Identified).event_id
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return given
    return min(given, clocks.milliseconds(letter["arrived_at"]) - uuid7.milliseconds(id_))
