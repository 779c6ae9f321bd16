"""Events as columns of the table `events`, for one insert."""

import itertools
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from analytics_pipeline import clocks, events, rollups, uuid7
from analytics_pipeline.columns import NIL_UUID, field_values
from analytics_pipeline.events import Event, Record

# This many records are turned into columns while they are still in the processor's cache. The same work on
# whole blocks took half as long again.
_RECORDS_AT_ONCE = 500
_GREATEST = 2**64 - 1


class EventBlock:
    """Records that are inserted together, as columns, and the days whose rollups they change.

    A field that no record has is left out: ClickHouse fills its column with the same default.
    """

    def __init__(self) -> None:
        self.rows = 0
        self.columns: dict[str, list[Any]] = {}
        self.touched_days: set[date] = set()

    @classmethod
    def of(cls, records: Iterable[Record]) -> "EventBlock":
        """Return the records as a block, in which they are not in the same order."""
        block = cls()
        remaining = iter(records)
        while some := list(itertools.islice(remaining, _RECORDS_AT_ONCE)):
            for group in _by_type(some):
                block._add(group)
            block.touched_days |= rollups.touched_days(some)
        return block

    def _add(self, group: Sequence[Record]) -> None:
        """Add records of one type."""
        found = [record.event for record in group]
        added = _arrivals(group) | field_values(found, columns=events.COLUMNS)
        for name in added.keys() - self.columns.keys():
            self.columns[name] = _defaults(name, count=self.rows)
        for name, column in self.columns.items():
            column.extend(added.get(name) or _defaults(name, count=len(group)))
        self.rows += len(group)


def _defaults(name: str, *, count: int) -> list[Any]:
    # The columns that are filled on arrival have a value in every row.
    return [events.COLUMNS[name].default] * count if count else []


def _by_type(records: Iterable[Record]) -> Iterable[list[Record]]:
    groups: dict[type[Event], list[Record]] = {}
    for record in records:
        groups.setdefault(type(record.event), []).append(record)
    return groups.values()


def _arrivals(group: Sequence[Record]) -> dict[str, Sequence[Any]]:
    """Return the columns that are filled on arrival, with times in the units of their columns."""
    ids = [record.event.event_id for record in group]
    times = uuid7.times(ids)
    arrivals = [record.arrived_at for record in group]
    # The events of one request arrived at one time.
    known = {moment: clocks.milliseconds(moment) for moment in set(arrivals)}
    return {
        "event_id": ids,
        "type": [group[0].event.type] * len(group),
        "occurred_at": times,
        "day": [time // clocks.MILLISECONDS_A_DAY for time in times],
        "shopper_key": [record.shopper_key or NIL_UUID for record in group],
        "arrived_at": [known[moment] for moment in arrivals],
        "content": events.contents([record.event for record in group]),
        "version": [_GREATEST - record.number for record in group],
        "clock_offset": [record.clock_offset for record in group],
        "source_key": [record.source_key for record in group],
        "device": [record.device for record in group],
        "is_bot": [record.is_bot for record in group],
        "consent": [record.consent for record in group],
    }
