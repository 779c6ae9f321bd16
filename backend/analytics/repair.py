"""Makes the warehouse's order facts, and the events derived from them, equal to the ledger again.

A repair is necessary if the database was restored from an older dump, or if rows of the warehouse were lost.
The shop may be running, and a repair that is killed can be repeated; docs/decisions/order-facts.md explains
why no row is lost or stored twice. Three rules ensure this: rows of the warehouse are read before the ledger
is checked for them; only rows that were read are deleted, by their id and version; before events of a day are
deleted, the day is claimed, which prevents a rebuild of its rollups, and marked dirty.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.db.models.functions import TruncMonth

from analytics_pipeline import events, facts, ingest, rollup_builds, rollups
from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.events import Record
from analytics_pipeline.facts import FactColumns, Month, RefusedMovement
from analytics_pipeline.reports.parameters import FIRST_DAY, LAST_DAY
from analytics_pipeline.warehouse import Warehouse, WarehouseUnavailable, microseconds
from backend.analytics import order_events, projections
from backend.orders.models import Movement, MovementKind

_BATCH = 20_000
_CLAIM_SECONDS = 120.0
_POLL_SECONDS = 0.2
_FACT_COLUMNS = projections.ORDER_FACT_COLUMNS
_STORED_MONTHS = """
SELECT DISTINCT toYYYYMM(occurred_at) AS month FROM order_facts
UNION DISTINCT
SELECT DISTINCT toYYYYMM(day) AS month FROM events WHERE type = 'order'
"""
_STORED_FACTS = """
SELECT {columns}, version
FROM order_facts
WHERE toYYYYMM(occurred_at) = {{month:UInt32}}
  AND movement_id > {{after:UInt64}} AND movement_id <= {{last:UInt64}}
""".format(columns=", ".join(_FACT_COLUMNS))
_STORED_EVENTS = """
SELECT event_id, version, content, shopper_key FROM events WHERE day = {day:Date} AND type = 'order'
"""
_STORED_DAYS = """
SELECT DISTINCT day FROM events WHERE type = 'order' AND toYYYYMM(day) = {month:UInt32}
"""
_LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True)
class MonthRepaired:
    """How many facts and events of a month were written and removed."""

    month: Month
    facts_written: int
    facts_removed: int
    events_written: int
    events_removed: int


def repair(
    warehouse: Warehouse, *, first: Month | None, last: Month | None, clock: Callable[[], datetime]
) -> Iterator[MonthRepaired]:
    """Repair every month from `first` to `last` that exists on either side; yield the result of each."""
    for month in _months(warehouse):
        if (first is None or first <= month) and (last is None or month <= last):
            written, removed = _repair_facts(warehouse, month, clock=clock)
            events_written, events_removed = _repair_events(warehouse, month, clock=clock)
            yield MonthRepaired(month, written, removed, events_written, events_removed)


def _months(warehouse: Warehouse) -> list[Month]:
    stored = {Month(*divmod(row["month"], 100)) for row in warehouse.rows(_STORED_MONTHS)}
    for moment in ("occurred_at", "order__placed_at"):
        known = Movement.objects.annotate(month=TruncMonth(moment, tzinfo=UTC)).order_by()
        stored |= {Month.of(row) for row in known.values_list("month", flat=True).distinct() if row}
    return sorted(stored)


def _of_month(month: Month) -> QuerySet[Movement]:
    return Movement.objects.filter(
        kind__in=MovementKind.values, occurred_at__gte=month.first_moment, occurred_at__lt=month.end
    )


def _repair_facts(warehouse: Warehouse, month: Month, *, clock: Callable[[], datetime]) -> tuple[int, int]:
    """Compare a month's facts with the ledger, batch by batch; return how many were written and removed."""
    written = removed = after = 0
    # The version is drawn before the ledger is read, so a copy that the relay reads later has a higher one.
    version = microseconds(clock())
    batches = projections.order_facts_in_batches(_of_month(month), version=version, size=_BATCH)
    for expected in _and_the_rest(batches):
        ids = expected["movement_id"]
        last = ids[-1] if ids else _LAST_ID
        bounds = {"month": month.partition, "after": after, "last": last}
        stored = _by_movement(warehouse.table(_STORED_FACTS, bounds)[1])
        differing = _differing(expected, stored)
        refused = facts.store(warehouse, differing)
        written += len(differing["movement_id"]) - len(refused)
        surplus = _not_in(_of_month(month), stored.keys() - set(ids))
        rows = [(movement, copy_version) for movement in surplus for copy_version, _ in stored[movement]]
        facts.remove_facts(warehouse, rows, month=month)
        removed += len(surplus)
        after = last
    return written, removed


def _and_the_rest(batches: Iterator[FactColumns]) -> Iterator[FactColumns]:
    """Yield the batches, and an empty one for the ids after the last batch."""
    yield from batches
    yield {name: [] for name in (*_FACT_COLUMNS, "version")}


def _by_movement(rows: Sequence[Sequence[Any]]) -> dict[int, list[tuple[int, tuple[Any, ...]]]]:
    """Return every stored copy of each movement, as (version, values)."""
    stored: dict[int, list[tuple[int, tuple[Any, ...]]]] = {}
    for *values, version in rows:
        stored.setdefault(values[0], []).append((version, tuple(values)))
    return stored


def _differing(expected: FactColumns, stored: dict[int, list[tuple[int, tuple[Any, ...]]]]) -> FactColumns:
    """Return the rows that the warehouse lacks or stores differently, with versions that replace its rows."""
    rows = []
    for *values, version in zip(*(expected[name] for name in (*_FACT_COLUMNS, "version")), strict=True):
        newest_version, newest = max(stored.get(values[0], []), default=(0, ()))
        if newest != tuple(values):
            rows.append((*values, max(version, newest_version + 1)))
    names = (*_FACT_COLUMNS, "version")
    return dict(zip(names, zip(*rows, strict=True), strict=True)) if rows else dict.fromkeys(names, ())


def _not_in(movements: QuerySet[Movement], ids: set[int]) -> list[int]:
    """Return the ids that are not in the ledger; call it after reading them from the warehouse."""
    ordered = sorted(ids)
    present: set[int] = set()
    for start in range(0, len(ordered), _BATCH):
        some = ordered[start : start + _BATCH]
        present |= set(movements.filter(pk__in=some).values_list("pk", flat=True))
    return [movement for movement in ordered if movement not in present]


def _repair_events(warehouse: Warehouse, month: Month, *, clock: Callable[[], datetime]) -> tuple[int, int]:
    """Compare a month's `order` events with its sales; return how many were written and removed."""
    written = removed = 0
    refused = facts.waiting(warehouse)
    for day in _days(warehouse, month):
        day_written, day_removed = _repair_day(warehouse, day, refused=refused, clock=clock)
        written, removed = written + day_written, removed + day_removed
    return written, removed


def _days(warehouse: Warehouse, month: Month) -> list[date]:
    """Return the days of a month that can have events; the warehouse refuses facts of other days."""
    stored = {row["day"] for row in warehouse.rows(_STORED_DAYS, {"month": month.partition})}
    length = (month.end - month.first_moment).days
    days = {month.first_moment.date() + timedelta(days=n) for n in range(length)}
    return sorted(day for day in stored | days if FIRST_DAY <= day <= LAST_DAY)


def _repair_day(
    warehouse: Warehouse, day: date, *, refused: Sequence[RefusedMovement], clock: Callable[[], datetime]
) -> tuple[int, int]:
    stored: dict[UUID, list[tuple[int, tuple[int, UUID]]]] = {}
    for event_id, version, content, shopper_key in warehouse.table(_STORED_EVENTS, {"day": day})[1]:
        stored.setdefault(event_id, []).append((version, (content, shopper_key)))
    expected = {
        record.event.event_id: record for record in _expected_events(day, refused=refused, clock=clock)
    }
    wrong = [
        (event_id, version)
        for event_id, copies in stored.items()
        for version, values in copies
        if event_id not in expected or values != _values(expected[event_id])
    ]
    removed = {event_id for event_id, _ in wrong}
    if wrong:
        # Earlier releases stored events on the day of the confirmation. If the month of the order isn't
        # repaired, nothing else stores them on the day of the order.
        ingest.load(warehouse, _moved_events(day, refused=refused, clock=clock))
        _remove_events(warehouse, wrong, day=day)
    right = stored.keys() - removed
    missing = [record for event_id, record in expected.items() if event_id not in right]
    ingest.load(warehouse, missing)
    return len(missing), len(removed)


def _expected_events(
    day: date, *, refused: Sequence[RefusedMovement], clock: Callable[[], datetime]
) -> Iterator[Record]:
    """Yield the events of a day: those of orders placed on it.

    An order whose time isn't known or can't be stored has the event on the day of its confirmation.
    """
    placed = Q(order__placed_at__gte=_begin(day), order__placed_at__lt=_begin(day) + timedelta(days=1))
    for condition in (placed, _confirmed_on(day) & _WITHOUT_TIME):
        yield from _events(condition, refused=refused, clock=clock)


def _moved_events(
    day: date, *, refused: Sequence[RefusedMovement], clock: Callable[[], datetime]
) -> Iterator[Record]:
    """Yield the events of sales that were confirmed on this day, of orders placed on another one."""
    confirmed = _events(_confirmed_on(day), refused=refused, clock=clock)
    return (record for record in confirmed if record.event.occurred_at.date() != day)


def _begin(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _confirmed_on(day: date) -> Q:
    return Q(occurred_at__gte=_begin(day), occurred_at__lt=_begin(day) + timedelta(days=1))


_AFTER_LAST_DAY = _begin(LAST_DAY) + timedelta(days=1)
_WITHOUT_TIME = (
    Q(order=None) | Q(order__placed_at__lt=_begin(FIRST_DAY)) | Q(order__placed_at__gte=_AFTER_LAST_DAY)
)
# The warehouse refuses other facts, perhaps in a later month than that of the order.
_STORABLE = Q(occurred_at__gte=_begin(FIRST_DAY), occurred_at__lt=_AFTER_LAST_DAY)


def _events(
    condition: Q, *, refused: Sequence[RefusedMovement], clock: Callable[[], datetime]
) -> Iterator[Record]:
    sales = Movement.objects.filter(condition & _STORABLE, kind=MovementKind.SALE)
    version = microseconds(clock())
    for batch in projections.order_facts_in_batches(sales, version=version, size=_BATCH):
        yield from order_events.of_facts(facts.without(batch, refused))


def _values(record: Record) -> tuple[int, UUID]:
    return events.contents([record.event])[0], record.shopper_key or NIL_UUID


def _remove_events(warehouse: Warehouse, rows: Sequence[tuple[UUID, int]], *, day: date) -> None:
    """Claim the day, mark it dirty and delete the events.

    Raises:
        WarehouseUnavailable: another process holds the claim, or was killed while it held it.
    """
    deadline = time.monotonic() + _CLAIM_SECONDS
    while time.monotonic() < deadline:
        with rollup_builds.claim(warehouse, day=day) as claimed:
            if claimed:
                rollups.mark_dirty(warehouse, [day])
                facts.remove_events(warehouse, rows, day=day)
                return
        time.sleep(_POLL_SECONDS)
    raise WarehouseUnavailable(
        f"the rollups of {day} are being rebuilt, or a process was killed during a rebuild; "
        "its claim expires after an hour: try again then"
    )
