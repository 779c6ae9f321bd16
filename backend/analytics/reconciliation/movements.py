"""Reads the movements of a day from both sides and finds those that differ, in bounded memory."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet

from analytics_pipeline.facts import Month
from analytics_pipeline.reports.parameters import FIRST_DAY, LAST_DAY
from analytics_pipeline.warehouse import Warehouse
from backend.orders.models import Movement, MovementKind

ROWS_AT_ONCE = 10_000
_SOURCES = ("pk", "occurred_at", "kind", "order_id", "product_id", "quantity", "amount", "currency")
_COLUMNS = "movement_id, occurred_at, kind, order_id, product_id, quantity, amount, currency"
# `identity` hides the day from the index. With it, ClickHouse would leave out parts without rows of the day
# before it looks for the newest copies of rows, and find older copies of rows that are on other days.
_OF_DAY = f"""
SELECT {_COLUMNS}
FROM order_facts FINAL
WHERE toYYYYMM(occurred_at) = {{month:UInt32}}
  AND identity(toDate(occurred_at)) = {{day:Date}}
  AND movement_id > {{after:UInt64}}
ORDER BY movement_id
LIMIT {{most:UInt64}}
"""  # noqa: S608 - the names of the columns
_BY_ID = f"""
SELECT {_COLUMNS} FROM order_facts FINAL WHERE movement_id IN {{movements:Array(UInt64)}}
"""  # noqa: S608 - the names of the columns


@dataclass(frozen=True, slots=True)
class MovementValues:
    """The values of a movement that are compared; `order` and `product` are ids, 0 for none."""

    movement: int
    day: date
    kind: str
    order: int
    product: int
    quantity: int
    amount: Decimal
    currency: str

    @classmethod
    def of(cls, row: Sequence[Any]) -> "MovementValues":
        """Return the values in a row of either side."""
        movement, occurred_at, kind, order, product, quantity, amount, currency = row
        return cls(
            movement=movement,
            day=occurred_at.astimezone(UTC).date(),
            kind=kind,
            order=order or 0,
            product=product,
            quantity=quantity,
            amount=amount,
            currency=currency,
        )


Pair = tuple[MovementValues | None, MovementValues | None]
"""A movement in the ledger and in the warehouse; None if that side lacks it."""


def differing(warehouse: Warehouse, day: date) -> Iterator[Pair]:
    """Yield the movements of a day (UTC) that only one side has on that day, or that differ, by id."""
    stored = _stored(warehouse, day)
    other = next(stored, None)
    for own in _recorded(day):
        while other is not None and other.movement < own.movement:
            yield None, other
            other = next(stored, None)
        if other is None or other.movement > own.movement:
            yield own, None
        else:
            if own != other:
                yield own, other
            other = next(stored, None)
    while other is not None:
        yield None, other
        other = next(stored, None)


def recorded_by_id(movements: Collection[int]) -> dict[int, MovementValues]:
    """Return those of the movements that the ledger has."""
    rows = Movement.objects.filter(pk__in=movements).order_by().values_list(*_SOURCES)
    return {row[0]: MovementValues.of(row) for row in rows}


def stored_by_id(warehouse: Warehouse, movements: Collection[int]) -> dict[int, list[MovementValues]]:
    """Return every row of the movements in the warehouse; one is correct."""
    found: dict[int, list[MovementValues]] = {}
    for row in warehouse.table(_BY_ID, {"movements": list(movements)})[1]:
        found.setdefault(row[0], []).append(MovementValues.of(row))
    return found


def _recorded(day: date) -> Iterator[MovementValues]:
    # In pages, not from one open cursor: SQLite's connection would keep its snapshot as long as the cursor is
    # open, and not see the messages that were handled in the meantime.
    of_day, after = _of_day(day), 0
    while rows := list(of_day.filter(pk__gt=after).order_by("pk").values_list(*_SOURCES)[:ROWS_AT_ONCE]):
        yield from map(MovementValues.of, rows)
        after = rows[-1][0]


def _of_day(day: date) -> QuerySet[Movement]:
    begin = datetime(day.year, day.month, day.day, tzinfo=UTC)
    # With the kinds, the index on (kind, occurred_at) finds the day.
    found = Movement.objects.filter(kind__in=MovementKind.values, occurred_at__gte=begin)
    return found if day == date.max else found.filter(occurred_at__lt=begin + timedelta(days=1))


def _stored(warehouse: Warehouse, day: date) -> Iterator[MovementValues]:
    if not FIRST_DAY <= day <= LAST_DAY:
        return
    month, after = Month.of(day).partition, 0
    while True:
        parameters = {"month": month, "day": day, "after": after, "most": ROWS_AT_ONCE}
        rows = warehouse.table(_OF_DAY, parameters)[1]
        yield from map(MovementValues.of, rows)
        if len(rows) < ROWS_AT_ONCE:
            return
        after = rows[-1][0]
