"""Rollups: aggregates of events by day, each rebuilt as a whole so that retries don't count twice.

`ROLLUPS` lists them. Each is defined by one view, its aggregate, from which its table and the view that
reports read are created. docs/decisions/rollups.md says why, and how to add one.

A day is dirty for a rollup while its events have changed more often (`day_changes`) than the rollup has
included (`rollup_days`). A change is counted after its insert, never before, so a rebuild that has read a
count also reads those events.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import uuid4

from analytics_pipeline import uuid7
from analytics_pipeline.clocks import MILLISECONDS_A_DAY
from analytics_pipeline.events import CartAdd, Carted, Click, Record
from analytics_pipeline.warehouse import Warehouse

_EPOCH = date(1970, 1, 1)
_STAGE_LIFETIME = timedelta(hours=1)
# Clicks and cart adds count for the list that they name within these bounds. Some seem to precede it, because
# clients' clocks are wrong. The aggregates of searches have the same bounds, less a day.
_EARLIEST_RESPONSE, _LATEST_RESPONSE = -2 * MILLISECONDS_A_DAY, 9 * MILLISECONDS_A_DAY

_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS {table} ENGINE = MergeTree PARTITION BY day ORDER BY ({order_by})
EMPTY AS SELECT * FROM {aggregate}(days = [toDate('1970-01-01')])
"""
_CREATE_VIEW = """
CREATE VIEW IF NOT EXISTS {name} AS
SELECT * FROM {table} WHERE day NOT IN ({{dirty_days:Array(Date)}})
UNION ALL
SELECT * FROM {aggregate}(days = {{dirty_days:Array(Date)}})
"""
_DIRTY_DAYS = """
SELECT day
FROM (SELECT day, sum(changes) AS changes FROM day_changes GROUP BY day) AS changed
LEFT JOIN
(
    SELECT day, max(changes) AS included FROM rollup_days WHERE rollup = {rollup:String} GROUP BY day
) AS built USING day
WHERE changed.changes > built.included
ORDER BY day
"""
_CHANGES = "SELECT sum(changes) FROM day_changes WHERE day = {day:Date}"
_AGGREGATE = "INSERT INTO {stage} SELECT * FROM {aggregate}(days = [{{day:Date}}])"
_REPLACE = "ALTER TABLE {table} REPLACE PARTITION '{day}' FROM {stage}"
_ROWS = "SELECT count() FROM {stage}"
_DROP = "ALTER TABLE {table} DROP PARTITION '{day}'"
_STAGES = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND match(name, {pattern:String})
  AND metadata_modification_time < {before:DateTime}
"""
_TABLES_WITH = """
SELECT table FROM system.columns
WHERE database = currentDatabase() AND endsWith(table, '_rollup') AND name = {column:String}
ORDER BY table
"""
_OTHER_CLAIMS = """
SELECT count() FROM system.tables
WHERE database = currentDatabase() AND match(name, {pattern:String}) AND name != {own:String}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """One rollup.

    `aggregate` is the view `AGGREGATE(days = …)` that defines it, `table` keeps its rows in the order
    `order_by`, and reports read `NAME(dirty_days = …)`: clean days from the table, dirty days from events.
    """

    name: str
    aggregate: str
    table: str
    order_by: str

    @property
    def placeholder(self) -> str:
        """The placeholder for this rollup's dirty days in a report's SQL."""
        return f"{self.name}_dirty"

    @property
    def reference(self) -> str:
        """How a report's SQL refers to this rollup; without dirty days, its table has the same rows."""
        return f"{self.name}(dirty_days = {{{self.placeholder}:Array(Date)}})"


EVENT_COUNTS = Rollup(
    name="event_counts",
    aggregate="event_aggregate",
    table="event_rollup",
    order_by="product_id, quarter, type",
)
RESULT_LISTS = Rollup(
    name="result_lists",
    aggregate="result_lists_aggregate",
    table="result_lists_rollup",
    order_by="shown_at, exposure_id",
)
SESSION_PARTS = Rollup(
    name="session_parts",
    aggregate="session_parts_aggregate",
    table="session_parts_rollup",
    order_by="shopper_key, started_at",
)
ID_CONFLICTS = Rollup(
    name="id_conflicts",
    aggregate="id_conflicts_aggregate",
    table="id_conflicts_rollup",
    order_by="event_id",
)
LIST_COUNTS = Rollup(
    name="list_counts",
    aggregate="list_counts_aggregate",
    table="list_counts_rollup",
    order_by="surface, position, quarter",
)
EVENT_ARRIVALS = Rollup(
    name="event_arrivals",
    aggregate="event_arrivals_aggregate",
    table="event_arrivals_rollup",
    order_by="type",
)
ROLLUPS = (EVENT_COUNTS, RESULT_LISTS, SESSION_PARTS, ID_CONFLICTS, LIST_COUNTS, EVENT_ARRIVALS)


def create(warehouse: Warehouse, *, rollups: Sequence[Rollup] = ROLLUPS) -> None:
    """Create the tables and views of the rollups that have none yet."""
    for rollup in rollups:
        warehouse.command(
            _CREATE_TABLE.format(table=rollup.table, order_by=rollup.order_by, aggregate=rollup.aggregate)
        )
        warehouse.command(
            _CREATE_VIEW.format(name=rollup.name, table=rollup.table, aggregate=rollup.aggregate)
        )


def tables_with(warehouse: Warehouse, *, column: str) -> list[str]:
    """Return the tables of rollups that have the column, also those that earlier releases used."""
    return [row["table"] for row in warehouse.rows(_TABLES_WITH, {"column": column})]


def touched_days(records: Iterable[Record]) -> set[date]:
    """Return the days whose rollups these events change: their own, and those of the lists that they name."""
    events = [record.event for record in records]
    touched = {time // MILLISECONDS_A_DAY for time in uuid7.times([event.event_id for event in events])}
    responses = [
        (event.event_id, event.exposure_id)
        for event in events
        if isinstance(event, (Click, CartAdd, Carted)) and event.exposure_id
    ]
    responded_at = uuid7.times([event_id for event_id, _ in responses])
    shown_at = uuid7.times([exposure_id for _, exposure_id in responses])
    for responded, shown in zip(responded_at, shown_at, strict=True):
        if _EARLIEST_RESPONSE <= responded - shown <= _LATEST_RESPONSE:
            touched.add(shown // MILLISECONDS_A_DAY)
    return {_EPOCH + timedelta(days=day) for day in touched}


def mark_dirty(warehouse: Warehouse, days: Iterable[date]) -> None:
    """Count a change of these days' events. Call this after the insert, never before."""
    touched = sorted(set(days))
    warehouse.insert("day_changes", {"day": touched, "changes": [1] * len(touched)})


def dirty_days(warehouse: Warehouse, rollup: Rollup) -> list[date]:
    """Return the days whose events changed since the rollup was built, oldest first."""
    return [row["day"] for row in warehouse.rows(_DIRTY_DAYS, {"rollup": rollup.name})]


def all_dirty_days(warehouse: Warehouse) -> list[date]:
    """Return the days that are dirty for any rollup, oldest first."""
    return sorted({day for rollup in ROLLUPS for day in dirty_days(warehouse, rollup)})


def rebuild(warehouse: Warehouse) -> list[date]:
    """Rebuild every rollup of every day that is dirty now, and return the days that were rebuilt."""
    dirty = {rollup: set(dirty_days(warehouse, rollup)) for rollup in ROLLUPS}
    days = sorted(set().union(*dirty.values()))
    return [
        day
        for day in days
        if rebuild_day(warehouse, day=day, rollups=[rollup for rollup in ROLLUPS if day in dirty[rollup]])
    ]


def rebuild_day(warehouse: Warehouse, *, day: date, rollups: Sequence[Rollup] = ROLLUPS) -> bool:
    """Rebuild one day of these rollups, and return whether that was done.

    Nothing is done while another process rebuilds the day, because the slower one would replace a newer count
    by an older one. Events that arrive meanwhile leave the day dirty.
    """
    with claim(warehouse, day=day) as claimed:
        if not claimed:
            return False
        changes = warehouse.value(_CHANGES, {"day": day})
        for rollup in rollups:
            _rebuild(warehouse, rollup, day=day)
            warehouse.insert("rollup_days", {"rollup": [rollup.name], "day": [day], "changes": [changes]})
    return True


@contextmanager
def claim(warehouse: Warehouse, *, day: date) -> Iterator[bool]:
    """Claim a day, so that no other process rebuilds it, and yield whether that succeeded.

    A claim is a table: ClickHouse has no locks, and creating a table is atomic. Two processes that see each
    other's claim both give up, and the day stays dirty. The claim of a process that was killed is dropped
    after an hour.
    """
    # A stage without a claim belongs to a process of a version that had no claims.
    pattern = f"^(rollup_claim|.*_stage)_{day:%Y%m%d}_"
    name = f"rollup_claim_{day:%Y%m%d}_{uuid4().hex}"
    with _temporary(warehouse, name=name, like="rollup_days") as own:
        yield not warehouse.value(_OTHER_CLAIMS, {"pattern": pattern, "own": own})


def drop_leftover_tables(warehouse: Warehouse, *, now: datetime) -> list[str]:
    """Drop the claims and stages of rebuilds that were killed, and return their names.

    Until then their days stay dirty.
    """
    parameters = {
        # Also the stages of rollups that only the previous release had.
        "pattern": "^(rollup_claim_|[a-z_]+_rollup_stage_)",
        "before": (now - _STAGE_LIFETIME).replace(tzinfo=None),
    }
    left = [row["name"] for row in warehouse.rows(_STAGES, parameters)]
    for name in left:
        warehouse.command(f"DROP TABLE IF EXISTS {name}")
    return left


def _rebuild(warehouse: Warehouse, rollup: Rollup, *, day: date) -> None:
    name = f"{rollup.table}_stage_{day:%Y%m%d}_{uuid4().hex}"
    with _temporary(warehouse, name=name, like=rollup.table) as stage:
        warehouse.command(_AGGREGATE.format(stage=stage, aggregate=rollup.aggregate), {"day": day})
        # ClickHouse refuses to replace a partition with an empty one.
        filled = warehouse.value(_ROWS.format(stage=stage))
        statement = _REPLACE if filled else _DROP
        warehouse.command(statement.format(table=rollup.table, day=day.isoformat(), stage=stage))


@contextmanager
def _temporary(warehouse: Warehouse, *, name: str, like: str) -> Iterator[str]:
    """Create a table that is dropped at the end of the context.

    ClickHouse's own temporary tables need a session and have no partitions.
    """
    with ExitStack() as stack:
        warehouse.command(f"CREATE TABLE {name} AS {like}")
        stack.callback(warehouse.command, f"DROP TABLE IF EXISTS {name} SYNC")
        yield name
