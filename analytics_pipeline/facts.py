"""Store order facts in the warehouse, isolating rows that it refuses, and delete exact rows.

docs/decisions/order-facts.md says why rows are removed by their version and not by partition.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from analytics_pipeline.reports.parameters import FIRST_DAY, LAST_DAY
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused

_ROWS_AT_ONCE = 5_000
_WAITING = """
SELECT movement_id, reason, refused_at
FROM refused_facts FINAL
WHERE movement_id NOT IN
(
    SELECT movement_id FROM order_facts WHERE movement_id IN (SELECT movement_id FROM refused_facts)
)
ORDER BY movement_id
"""
_FORGET = "DELETE FROM refused_facts WHERE movement_id IN {movements:Array(UInt64)}"
_REMOVE_FACTS = """
DELETE FROM order_facts
WHERE toYYYYMM(occurred_at) = {month:UInt32}
  AND (movement_id, version) IN {rows:Array(Tuple(UInt64, UInt64))}
"""
_REMOVE_EVENTS = """
DELETE FROM events
WHERE day = {day:Date} AND type = 'order' AND (event_id, version) IN {rows:Array(Tuple(UUID, UInt64))}
"""

_REMOVE_AVAILABILITY = (
    "DELETE FROM availability_changes WHERE (change_id, version) IN {rows:Array(Tuple(UInt64, UInt64))}"
)

FactColumns = Mapping[str, Sequence[Any]]


@dataclass(frozen=True, slots=True)
class RefusedMovement:
    """A movement that the warehouse refused."""

    movement_id: int
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month (UTC), which is a partition of the order facts."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """Return the month of a day."""
        return cls(day.year, day.month)

    @property
    def partition(self) -> int:
        """The value of the partition's expression, such as 202601."""
        return self.year * 100 + self.number

    @property
    def first_moment(self) -> datetime:
        """When the month begins."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        """When the next month begins, or `datetime.max` after the last month."""
        if (self.year, self.number) == (MAXYEAR, 12):
            return datetime.max.replace(tzinfo=UTC)
        return Month.of((self.first_moment + timedelta(days=31)).date()).first_moment

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


def store(warehouse: Warehouse, columns: FactColumns) -> list[RefusedMovement]:
    """Store the rows of `order_facts`, and return those that the warehouse refuses.

    A refused row is kept in `refused_facts` with the reason and doesn't prevent the others from being stored.
    """
    refused = list(_out_of_range(columns))
    skipped = {row.movement_id for row in refused}
    if skipped:
        columns = _only(columns, [m not in skipped for m in columns["movement_id"]])
    refused += _store_in_halves(warehouse, columns)
    warehouse.insert(
        "refused_facts",
        {
            "movement_id": [row.movement_id for row in refused],
            "reason": [row.reason for row in refused],
        },
    )
    return refused


def without(columns: FactColumns, refused: Iterable[RefusedMovement]) -> FactColumns:
    """Return the columns without the rows of refused movements."""
    gone = {row.movement_id for row in refused}
    return _only(columns, [m not in gone for m in columns["movement_id"]]) if gone else columns


def waiting(warehouse: Warehouse) -> list[RefusedMovement]:
    """Return the refused movements that have not been stored since, by id."""
    return [RefusedMovement(row["movement_id"], row["reason"]) for row in warehouse.rows(_WAITING)]


def forget(warehouse: Warehouse, movement_ids: Sequence[int]) -> None:
    """Delete the records of these refused movements."""
    for batch in _batched(movement_ids):
        warehouse.command(_FORGET, {"movements": batch})


def remove_facts(warehouse: Warehouse, rows: Sequence[tuple[int, int]], *, month: Month) -> None:
    """Delete exactly these rows (movement, version) of a month; rows that are inserted meanwhile stay."""
    for batch in _batched(rows):
        warehouse.command(_REMOVE_FACTS, {"month": month.partition, "rows": batch})


def remove_events(warehouse: Warehouse, rows: Sequence[tuple[UUID, int]], *, day: date) -> None:
    """Delete exactly these `order` events (id, version) of a day; rows that are inserted meanwhile stay."""
    for batch in _batched(rows):
        warehouse.command(_REMOVE_EVENTS, {"day": day, "rows": batch})


def remove_availability(warehouse: Warehouse, rows: Sequence[tuple[int, int]]) -> None:
    """Delete exactly these rows (change, version) of `availability_changes`."""
    for batch in _batched(rows):
        warehouse.command(_REMOVE_AVAILABILITY, {"rows": batch})


def _store_in_halves(warehouse: Warehouse, columns: FactColumns) -> Iterator[RefusedMovement]:
    movements = columns["movement_id"]
    try:
        warehouse.insert("order_facts", columns)
    except WarehouseRefused as error:
        if not error.is_data_error:
            raise
        if len(movements) == 1:
            yield RefusedMovement(movements[0], str(error))
            return
        middle = len(movements) // 2
        for part in (slice(None, middle), slice(middle, None)):
            yield from _store_in_halves(warehouse, {name: values[part] for name, values in columns.items()})


def _out_of_range(columns: FactColumns) -> Iterator[RefusedMovement]:
    for movement, moment in zip(columns["movement_id"], columns["occurred_at"], strict=True):
        if not FIRST_DAY <= moment.astimezone(UTC).date() <= LAST_DAY:
            yield RefusedMovement(movement, f"{moment:%Y-%m-%d} is not between {FIRST_DAY} and {LAST_DAY}")


def _only(columns: FactColumns, kept: Sequence[bool]) -> FactColumns:
    return {name: list(itertools.compress(values, kept)) for name, values in columns.items()}


def _batched(rows: Sequence[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(rows), _ROWS_AT_ONCE):
        yield list(rows[start : start + _ROWS_AT_ONCE])
