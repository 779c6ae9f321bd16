"""Rollups: aggregates of events by day, each rebuilt as a whole so that retries don't count twice.

`ROLLUPS` lists them, and `rollup_builds` builds them. Each is defined by one view, its aggregate, from which
its table and the view that reports read are created. docs/decisions/rollups.md says why, and how to add one.

A day is dirty for a rollup while its events have changed more often (`day_changes`) than the rollup has
included (`rollup_days`). A change is counted after its insert, never before, so a rebuild that has read a
count also reads those events.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from analytics_pipeline import uuid7
from analytics_pipeline.clocks import MILLISECONDS_A_DAY
from analytics_pipeline.events import CartAdd, Carted, Click, Record
from analytics_pipeline.warehouse import Warehouse

_EPOCH = date(1970, 1, 1)
# Clicks and cart adds count for the list that they name within these bounds. Some seem to precede it, because
# clients' clocks are wrong. The aggregates of searches have the same bounds, less a day.
_EARLIEST_RESPONSE, _LATEST_RESPONSE = -2 * MILLISECONDS_A_DAY, 9 * MILLISECONDS_A_DAY

# A report about one product reads at least one granule of each day.
_INDEX_GRANULARITY = 1024
_CREATE_TABLE = """
CREATE TABLE IF NOT EXISTS {table} {engine}
EMPTY AS SELECT * FROM {rows}
"""
_CREATE_VIEW = """
CREATE VIEW IF NOT EXISTS {name} AS
SELECT * FROM {table} WHERE day NOT IN ({{dirty_days:Array(Date)}})
UNION ALL
SELECT * FROM {rows}
"""
# One query for any number of rollups, because each report asks it; `states` compares the counts.
_COUNTS = """
SELECT 'changes' AS kind, '' AS name, day, sum(changes) AS count FROM day_changes GROUP BY day
UNION ALL
SELECT 'included', rollup AS name, day, max(changes) FROM rollup_days
WHERE rollup IN {rollups:Array(String)}
GROUP BY name, day
"""
_LINK_COUNTS = """
UNION ALL
SELECT 'links', '', day, sum(changes) FROM link_changes GROUP BY day
"""
_BUILT_DAYS = "SELECT DISTINCT day FROM {table} ORDER BY day"
_TABLES_WITH = """
SELECT table FROM system.columns
WHERE database = currentDatabase() AND endsWith(table, '_rollup') AND name = {column:String}
ORDER BY table
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollup:
    """One rollup.

    `aggregate` is the view `AGGREGATE(days = …)` that defines it, `table` keeps its rows in the order
    `order_by`, and reports read `NAME(dirty_days = …)`: clean days from the table, dirty days from events.
    A rollup may be aggregated from the rows of another one, `of`, with those of `around` days before and
    after each day and with the links of guests. It also takes the dirty days of that one, as `dirty_parts`.
    """

    name: str
    aggregate: str
    table: str
    order_by: str
    of: "Rollup | None" = None
    around: int = 0

    @property
    def engine(self) -> str:
        """The engine of the rollup's table, and of the stage whose partitions it takes over."""
        return (
            f"ENGINE = MergeTree PARTITION BY day ORDER BY ({self.order_by}) "
            f"SETTINGS index_granularity = {_INDEX_GRANULARITY}"
        )

    @property
    def placeholder(self) -> str:
        """The placeholder for this rollup's dirty days in a report's SQL."""
        return f"{self.name}_dirty"

    @property
    def reference(self) -> str:
        """How a report's SQL refers to this rollup; without dirty days, its table has the same rows."""
        parts = f", dirty_parts = {{{self.of.placeholder}:Array(Date)}}" if self.of else ""
        return f"{self.name}(dirty_days = {{{self.placeholder}:Array(Date)}}{parts})"

    def rows(self, *, days: str, dirty_parts: str) -> str:
        """Return the call of the aggregate for these expressions of days."""
        return f"{self.aggregate}(days = {days}{f', dirty_parts = {dirty_parts}' if self.of else ''})"


PRODUCT_COUNTS = Rollup(
    name="product_counts",
    aggregate="product_counts_aggregate",
    table="product_counts_rollup",
    order_by="product_id, quarter, type, is_bot",
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
PRODUCT_VISITS = Rollup(
    name="product_visits",
    aggregate="product_visits_aggregate",
    table="product_visits_rollup",
    order_by="product_id, quarter, shopper_key",
)
PRODUCT_INTEREST = Rollup(
    name="product_interest",
    aggregate="product_interest_aggregate",
    table="product_interest_rollup",
    order_by="product_id, quarter, is_bot",
)
JOINED_SESSIONS = Rollup(
    name="joined_sessions",
    aggregate="joined_sessions_aggregate",
    table="joined_sessions_rollup",
    order_by="shopper_key, began_at",
    of=SESSION_PARTS,
    around=3,
)
SHOPPER_LISTS = Rollup(
    name="shopper_lists",
    aggregate="shopper_lists_aggregate",
    table="shopper_lists_rollup",
    order_by="query, shown_at",
    of=RESULT_LISTS,
    around=3,
)
# Those that are aggregated from another one come last.
ROLLUPS = (
    PRODUCT_COUNTS,
    RESULT_LISTS,
    SESSION_PARTS,
    ID_CONFLICTS,
    LIST_COUNTS,
    EVENT_ARRIVALS,
    PRODUCT_VISITS,
    PRODUCT_INTEREST,
    JOINED_SESSIONS,
    SHOPPER_LISTS,
)


def create(warehouse: Warehouse, *, rollups: Sequence[Rollup] = ROLLUPS) -> None:
    """Create the tables and views of the rollups that have none yet."""
    for rollup in rollups:
        empty = rollup.rows(days="[toDate('1970-01-01')]", dirty_parts="[]::Array(Date)")
        warehouse.command(_CREATE_TABLE.format(table=rollup.table, engine=rollup.engine, rows=empty))
        dirty = rollup.rows(days="{dirty_days:Array(Date)}", dirty_parts="{dirty_parts:Array(Date)}")
        warehouse.command(_CREATE_VIEW.format(name=rollup.name, table=rollup.table, rows=dirty))


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


@dataclass(frozen=True, slots=True)
class State:
    """The dirty days of a rollup, oldest first, and how many changes of all days it includes."""

    dirty: list[date]
    included: int


def states(warehouse: Warehouse, chosen: Sequence[Rollup]) -> dict[Rollup, State]:
    """Return each rollup's state; one that equals an earlier one means that no day was built in between."""
    return {
        rollup: State(
            dirty=[day for day, changes in sorted(due.items()) if changes > included[day]],
            included=included.total(),
        )
        for rollup, (due, included) in counts(warehouse, chosen).items()
    }


def dirty_days(warehouse: Warehouse, rollup: Rollup) -> list[date]:
    """Return the days whose events changed since the rollup was built, oldest first."""
    return states(warehouse, [rollup])[rollup].dirty


def built_days(warehouse: Warehouse, rollup: Rollup) -> list[date]:
    """Return the days of which the rollup has rows."""
    return [row["day"] for row in warehouse.rows(_BUILT_DAYS.format(table=rollup.table))]


def all_dirty_days(warehouse: Warehouse) -> list[date]:
    """Return the days that are dirty for any rollup, oldest first."""
    return sorted({day for found in states(warehouse, ROLLUPS).values() for day in found.dirty})


def counts(
    warehouse: Warehouse, chosen: Sequence[Rollup]
) -> dict[Rollup, tuple[Counter[date], Counter[date]]]:
    """Return for each rollup and day how often the day was changed, and how many of that the rollup includes.

    For a rollup of another one, the changes of the days around are added to those of a day with events, and
    the changes of links.
    """
    found: dict[tuple[str, str], Counter[date]] = defaultdict(Counter)
    query = _COUNTS + (_LINK_COUNTS if any(rollup.of for rollup in chosen) else "")
    for row in warehouse.rows(query, {"rollups": [rollup.name for rollup in chosen]}):
        found[row["kind"], row["name"]][row["day"]] = row["count"]
    changes, links = found["changes", ""], found["links", ""]
    return {
        rollup: (
            _added(changes, links, around=rollup.around) if rollup.of else changes,
            found["included", rollup.name],
        )
        for rollup in chosen
    }


def _added(changes: Counter[date], links: Counter[date], *, around: int) -> Counter[date]:
    """Return for each changed day the changes and links of `around` days before and after it, too."""
    own = {(day - _EPOCH).days: count for day, count in (changes + links).items()}
    days = range(-around, around + 1)
    return Counter({day: sum(own.get((day - _EPOCH).days + n, 0) for n in days) for day in changes})
