"""Erases shoppers from the stream and from the warehouse. docs/decisions/privacy.md explains the sequence."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from analytics_pipeline import rollup_builds, rollups, shopper_links, uuid7
from analytics_pipeline.redis_client import Connection
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.tombstones import TOMBSTONES_KEY, tombstone
from analytics_pipeline.warehouse import Warehouse

KEPT_FOR = timedelta(days=45)
"""Longer than events may be late, and by default longer than dead letters are kept."""
_BARRIER_PREFIX = "vitrine:erased:barrier:"
_TIMEOUT_SECONDS = 5
# Each claim of a day is a table, so that their number is limited.
_DAYS_AT_ONCE = 31
_IDS_AT_ONCE = 5_000
# multiSearchAny takes at most 255 texts; a key has two spellings.
_KEYS_AT_ONCE = 100

# The bounds within which the aggregates count an answer for a list, with a day more.
_LISTS_BEFORE, _LISTS_AFTER = timedelta(days=10), timedelta(days=3)
_EPOCH = date(1970, 1, 1)
_MIN_ID = (0, 0)
_EVENT_DAYS = "SELECT DISTINCT day FROM events WHERE shopper_key IN {keys:Array(UUID)} ORDER BY day"
_ANSWERED_LISTS = """
SELECT DISTINCT exposure_id
FROM events
WHERE day IN {days:Array(Date)} AND shopper_key IN {keys:Array(UUID)}
  AND type IN ('click', 'cart_add', 'carted')
  AND exposure_id != toUUID('00000000-0000-0000-0000-000000000000')
"""
_EVENT_IDS = (
    "SELECT event_id FROM events WHERE day IN {days:Array(Date)} AND shopper_key IN {keys:Array(UUID)}"
)
_DELETE_CONTENTS = """
ALTER TABLE event_contents DELETE
WHERE day IN {days:Array(Date)} AND event_id IN {ids:Array(UUID)}
SETTINGS mutations_sync = 2
"""
_DELETE_EVENTS = """
ALTER TABLE events DELETE
WHERE day IN {days:Array(Date)} AND shopper_key IN {keys:Array(UUID)}
SETTINGS mutations_sync = 2
"""
_DELETE_COUNTS = """
ALTER TABLE {table} DELETE WHERE shopper_key IN {{keys:Array(UUID)}} SETTINGS mutations_sync = 2
"""
_MOVEMENTS = """
SELECT DISTINCT movement_id
FROM order_facts
WHERE customer_key IN {keys:Array(UUID)} OR shopper_key IN {keys:Array(UUID)}
ORDER BY movement_id
"""
_DELETE_FACTS = """
ALTER TABLE order_facts DELETE
WHERE (customer_key IN {keys:Array(UUID)} OR shopper_key IN {keys:Array(UUID)}) AND version < {version:UInt64}
SETTINGS mutations_sync = 2
"""
_DELETE_RATINGS = """
ALTER TABLE product_ratings DELETE WHERE shopper_key IN {keys:Array(UUID)} SETTINGS mutations_sync = 2
"""
_LINKED = """
SELECT DISTINCT anonymous_key FROM shopper_links
WHERE shopper_key IN {keys:Array(UUID)} OR anonymous_key IN {keys:Array(UUID)}
"""
_DELETE_LINKS = """
ALTER TABLE shopper_links DELETE
WHERE shopper_key IN {keys:Array(UUID)} OR anonymous_key IN {keys:Array(UUID)}
SETTINGS mutations_sync = 2
"""
# The payload of a whole entry contains the key; other letters have it in a column.
_DELETE_LETTERS = """
ALTER TABLE dead_letters DELETE
WHERE shopper_key IN {keys:Array(UUID)} OR multiSearchAny(payload, {texts:Array(String)})
SETTINGS mutations_sync = 2
"""


class NotConsumedYet(Exception):
    """The consumer of the stream hasn't stored what was in it when the shopper was erased."""


class DayInUse(Exception):
    """Another process rebuilds the rollups of a day; its events can be deleted afterwards."""

    def __init__(self, day: date) -> None:
        super().__init__(f"the rollups of {day} are being rebuilt")
        self.day = day


class Tombstones:
    """The erased keys of one installation, in Redis. Every method raises StreamUnavailable."""

    def __init__(self, settings: PipelineSettings) -> None:
        self._connection = Connection(settings, timeout_seconds=_TIMEOUT_SECONDS)

    def add(self, keys: Collection[UUID], *, now: datetime) -> None:
        """Store the hashes of the keys until KEPT_FOR has passed, and delete expired ones."""
        expires_at = (now + KEPT_FOR).timestamp()

        def write(client: Any) -> None:
            client.zadd(TOMBSTONES_KEY, {tombstone(key): expires_at for key in keys})
            client.zremrangebyscore(TOMBSTONES_KEY, 0, now.timestamp())

        self._connection.call(write)

    def require_consumed(self, key: UUID, *, streams: Sequence[str], group: str) -> None:
        """Check that everything was stored that was in the streams when this was first called for the key.

        Raises:
            NotConsumedYet: some of it was not.
        """
        for stream in streams:
            name = f"{_BARRIER_PREFIX}{tombstone(key)}:{stream}"
            check = partial(_is_consumed, stream=stream, barrier_name=name, group=group)
            if not self._connection.call(check):
                raise NotConsumedYet(f"entries of {stream} wait to be stored")

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._connection.close()


def _is_consumed(client: Any, *, stream: str, barrier_name: str, group: str) -> bool:
    if not client.exists(stream):
        return True
    newest = client.xinfo_stream(stream)["last-generated-id"]
    client.set(barrier_name, newest, nx=True, ex=KEPT_FOR)
    barrier = _parsed(client.get(barrier_name) or newest)
    groups = {each["name"]: each for each in client.xinfo_groups(stream)}
    found = groups.get(group.encode())
    if found is None:
        return barrier == _MIN_ID
    oldest_pending = client.xpending(stream, group)["min"]
    delivered = _parsed(found["last-delivered-id"])
    return delivered >= barrier and (oldest_pending is None or _parsed(oldest_pending) > barrier)


def _parsed(entry_id: bytes) -> tuple[int, int]:
    milliseconds, _, sequence = entry_id.decode().partition("-")
    return int(milliseconds), int(sequence)


def movements_of(warehouse: Warehouse, keys: Collection[UUID]) -> list[int]:
    """Return the ids of the movements whose facts have one of the keys."""
    return [row["movement_id"] for row in warehouse.rows(_MOVEMENTS, {"keys": list(keys)})]


def delete_facts(warehouse: Warehouse, keys: Collection[UUID], *, version: int) -> None:
    """Delete the copies of order facts with the keys that are older than this version.

    The copies that replace them must be stored before: a movement without a copy is missing in the revenue.
    """
    warehouse.command(_DELETE_FACTS, {"keys": list(keys), "version": version})


def delete_ratings(warehouse: Warehouse, keys: Collection[UUID]) -> None:
    """Delete the ratings with the keys; of each review a row without them has replaced it before."""
    warehouse.command(_DELETE_RATINGS, {"keys": list(keys)})


def delete_links_and_letters(warehouse: Warehouse, keys: Collection[UUID]) -> None:
    """Delete the links between the keys, and the refused events."""
    parameters = {"keys": list(keys)}
    guests = [row["anonymous_key"] for row in warehouse.rows(_LINKED, parameters)]
    # Also before: if the process is killed in between, the guests are unknown when this is repeated.
    shopper_links.mark_days(warehouse, guests)
    warehouse.command(_DELETE_LINKS, parameters)
    shopper_links.mark_days(warehouse, guests)
    for some in _batched(keys, _KEYS_AT_ONCE):
        texts = [spelling for key in some for spelling in (str(key), key.hex)]
        warehouse.command(_DELETE_LETTERS, {"keys": some, "texts": texts})


def delete_events(warehouse: Warehouse, keys: Collection[UUID]) -> None:
    """Delete the events with the keys; the rollups of their days become dirty.

    Raises:
        DayInUse: the rollups of a day are being rebuilt.
    """
    parameters = {"keys": list(keys)}
    days = [row["day"] for row in warehouse.rows(_EVENT_DAYS, parameters)]
    for some in _batched(days, _DAYS_AT_ONCE):
        _delete_events_of_days(warehouse, some, parameters={**parameters, "days": some})
    for table in rollups.tables_with(warehouse, column="shopper_key"):
        warehouse.command(_DELETE_COUNTS.format(table=table), parameters)


def _delete_events_of_days(
    warehouse: Warehouse, days: Sequence[date], *, parameters: Mapping[str, Any]
) -> None:
    changed = sorted({*days, *_days_of_lists(warehouse, days, parameters=parameters)})
    with ExitStack() as claims:
        for day in changed:
            if not claims.enter_context(rollup_builds.claim(warehouse, day=day)):
                raise DayInUse(day)
        # Before the deletion: if the process is killed in between, the days stay dirty.
        rollups.mark_dirty(warehouse, changed)
        ids = [row["event_id"] for row in warehouse.rows(_EVENT_IDS, parameters)]
        for some in _batched(ids, _IDS_AT_ONCE):
            warehouse.command(_DELETE_CONTENTS, {"days": list(days), "ids": some})
        warehouse.command(_DELETE_EVENTS, parameters)
        # Also after: days around these aren't claimed, and a rollup of them may have been built meanwhile.
        rollups.mark_dirty(warehouse, changed)


def _days_of_lists(
    warehouse: Warehouse, days: Sequence[date], *, parameters: Mapping[str, Any]
) -> Iterator[date]:
    """Yield the days of the lists that the events answer, because the statistics of a list are on its day."""
    earliest, latest = min(days) - _LISTS_BEFORE, max(days) + _LISTS_AFTER
    for row in warehouse.rows(_ANSWERED_LISTS, parameters):
        shown_after = timedelta(milliseconds=uuid7.milliseconds(row["exposure_id"]))
        if earliest - _EPOCH <= shown_after <= latest - _EPOCH:
            yield _EPOCH + timedelta(days=shown_after.days)


def _batched(values: Iterable[Any], size: int) -> Iterator[list[Any]]:
    remaining = list(values)
    for start in range(0, len(remaining), size):
        yield remaining[start : start + size]
