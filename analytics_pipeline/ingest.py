"""Move events from the stream to the warehouse: insert, mark the days dirty, acknowledge, trim.

Every step is idempotent. After a crash at any point the next run reads what wasn't acknowledged and inserts
it again, which changes nothing for a query that reads with FINAL.
"""

import gc
import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

import msgspec

from analytics_pipeline import rollups, stream
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.event_block import EventBlock
from analytics_pipeline.events import Record, Refused
from analytics_pipeline.stream import Entry, Stream
from analytics_pipeline.tombstones import tombstone
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused

# An entry has at most 500 events and a megabyte. If entries are small, more of them are taken, so that blocks
# are large.
ENTRIES_AT_ONCE = 200
_BYTES_AT_ONCE = 4_000_000
_MOST_ENTRIES = 10_000
ROWS_AT_ONCE = 100_000
# The position of a dead letter whose payload is a whole entry; greater than any event's.
WHOLE_ENTRY = 2**32 - 1
NOT_STORABLE = "not_storable"
"""The fault of such a dead letter: intake accepted its events, which can't be decoded or stored."""


@dataclass(frozen=True, slots=True)
class Refusals:
    """How many events of an entry were refused, of one type and for reasons of one kind."""

    entry: str
    arrived_at: datetime
    type: str
    fault: str
    events: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A refused event or entry. `entry` and `position` identify it.

    The position is the event's index in its request, or WHOLE_ENTRY if the payload is a whole entry of the
    stream.
    """

    entry: str
    position: int
    arrived_at: datetime
    shopper_key: UUID | None
    clock_offset: int
    reason: str
    payload: str
    type: str = ""
    fault: str = ""


@dataclass(slots=True)
class Rejected:
    """What entries have besides their events: dead letters, and the numbers of refused events."""

    letters: list[DeadLetter] = field(default_factory=list)
    refusals: list[Refusals] = field(default_factory=list)

    def store(self, warehouse: Warehouse) -> None:
        """Insert the rows; idempotent."""
        store_letters(warehouse, self.letters)
        warehouse.insert(
            "refused_events",
            {name: [getattr(each, name) for each in self.refusals] for name in Refusals.__slots__},
        )


def load(warehouse: Warehouse, records: Iterable[Record], *, block: int = ROWS_AT_ONCE) -> int:
    """Insert records in large blocks, mark their days dirty, and return how many records there were."""
    loaded = 0
    remaining = iter(records)
    while rows := (made := EventBlock.of(itertools.islice(remaining, block))).rows:
        warehouse.insert("events", made.columns)
        rollups.mark_dirty(warehouse, made.touched_days)
        loaded += rows
    return loaded


class Ingest:
    """The only consumer of a stream.

    Its methods raise WarehouseUnavailable and StreamUnavailable, and may then be called again.
    """

    def __init__(self, *, stream: Stream, warehouse: Warehouse, clock: Callable[[], datetime]) -> None:
        self._stream = stream
        self._warehouse = warehouse
        self._clock = clock
        self._recovered = False
        self._erased: frozenset[str] = frozenset()

    def step(self, *, wait_seconds: float) -> int:
        """Store the next entries and return how many; wait at most `wait_seconds` for the first."""
        # After an error the next step begins with the entries that this one took and didn't acknowledge.
        recovered, self._recovered = self._recovered, False
        entries: list[Entry] = []
        if not recovered:
            self._stream.open()
            entries = self._stream.unacknowledged(count=ENTRIES_AT_ONCE)
        if not entries:
            recovered = True
            entries = self._take(wait_seconds=wait_seconds)
        if entries:
            # After the entries were taken: what is appended after a tombstone is read with it.
            self._erased = self._stream.erased()
            with _without_collector():
                self._store([entry for entry in entries if entry.payload is not None])
            self._stream.acknowledge([entry.id for entry in entries])
            self._stream.trim()
        self._recovered = recovered
        return len(entries)

    def _take(self, *, wait_seconds: float) -> list[Entry]:
        """Take entries until a block is large enough or the stream is empty."""
        entries = taken = self._stream.take(count=ENTRIES_AT_ONCE, block_seconds=wait_seconds)
        size = sum(len(entry.payload or b"") for entry in taken)
        while len(taken) == ENTRIES_AT_ONCE and size < _BYTES_AT_ONCE and len(entries) < _MOST_ENTRIES:
            taken = self._stream.take(count=ENTRIES_AT_ONCE, block_seconds=None)
            size += sum(len(entry.payload or b"") for entry in taken)
            entries = entries + taken
        return entries

    def drain(self) -> int:
        """Store everything that the stream holds now; return how many entries were stored."""
        stored = 0
        while count := self.step(wait_seconds=0.001):
            stored += count
        return stored

    def _store(self, entries: Sequence[Entry]) -> None:
        rejected = Rejected()
        try:
            load(self._warehouse, self._records(entries, rejected=rejected))
        except WarehouseRefused as error:
            if not error.is_data_error:
                raise
            self._store_in_halves(entries, reason=str(error))
        else:
            rejected.store(self._warehouse)

    def _records(self, entries: Sequence[Entry], *, rejected: Rejected) -> Iterator[Record]:
        """Yield the events of the entries; add everything else to `rejected`."""
        for entry in entries:
            yield from self._read(entry, rejected=rejected)

    def _store_in_halves(self, entries: Sequence[Entry], *, reason: str) -> None:
        """Store the entries in halves; an entry that the warehouse refuses becomes a dead letter."""
        if len(entries) > 1:
            middle = len(entries) // 2
            self._store(entries[:middle])
            self._store(entries[middle:])
            return
        for entry in entries:
            rejected = Rejected()
            if self._read(entry, rejected=rejected):
                rejected.letters.append(_whole(entry, reason=reason, now=self._clock()))
            rejected.store(self._warehouse)

    def _read(self, entry: Entry, *, rejected: Rejected) -> list[Record]:
        """Return the events of an entry, and add the refused ones to `rejected`; skip erased shoppers."""
        try:
            batch = stream.decode(entry.payload or b"")
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            rejected.letters.append(_whole(entry, reason=str(error), now=self._clock()))
            return []
        # Numbers of refused events name no shopper.
        rejected.refusals += _refusals(entry, batch)
        key = batch.shopper_key
        if self._erased and key is not None and tombstone(key) in self._erased:
            return []
        rejected.letters += [_letter(entry, batch, refused) for refused in batch.refused]
        return _records(entry, batch)


@contextmanager
def _without_collector() -> Iterator[None]:
    """Switch the garbage collector off: it would visit all objects of a block, which has no cycles."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def store_letters(warehouse: Warehouse, letters: Sequence[DeadLetter]) -> None:
    """Insert dead letters; idempotent."""
    warehouse.insert(
        "dead_letters",
        {
            "entry": [letter.entry for letter in letters],
            "position": [letter.position for letter in letters],
            "arrived_at": [letter.arrived_at for letter in letters],
            "shopper_key": [letter.shopper_key or NIL_UUID for letter in letters],
            "clock_offset": [letter.clock_offset for letter in letters],
            "reason": [letter.reason for letter in letters],
            "payload": [letter.payload for letter in letters],
            "type": [letter.type for letter in letters],
            "fault": [letter.fault for letter in letters],
        },
    )


def _records(entry: Entry, batch: stream.Batch) -> list[Record]:
    number, arrived_at, shopper_key = entry.number, batch.arrived_at, batch.shopper_key
    return [
        Record(
            event=event,
            shopper_key=shopper_key,
            arrived_at=arrived_at,
            number=number,
            clock_offset=batch.clock_offset,
            source_key=batch.source_key,
            device=batch.device,
            is_bot=batch.is_bot,
            consent=batch.consent,
        )
        for event in batch.events
    ]


def _refusals(entry: Entry, batch: stream.Batch) -> list[Refusals]:
    # Entries of the previous release have no numbers, only the events that are kept.
    counted = batch.refusals or stream.refusals_of(batch.refused)
    return [
        Refusals(
            entry=entry.name, arrived_at=batch.arrived_at, type=one.type, fault=one.fault, events=one.events
        )
        for one in counted
    ]


def _letter(entry: Entry, batch: stream.Batch, refused: Refused) -> DeadLetter:
    return DeadLetter(
        entry=entry.name,
        position=refused.index,
        arrived_at=batch.arrived_at,
        shopper_key=batch.shopper_key,
        clock_offset=batch.clock_offset,
        reason=refused.reason,
        payload=refused.payload,
        type=refused.type,
        fault=refused.fault,
    )


def _whole(entry: Entry, *, reason: str, now: datetime) -> DeadLetter:
    return DeadLetter(
        entry=entry.name,
        position=WHOLE_ENTRY,
        arrived_at=now,
        shopper_key=None,
        clock_offset=0,
        reason=f"the entry can't be stored: {reason}",
        payload=stream.as_text(entry.payload or b""),
        fault=NOT_STORABLE,
    )
