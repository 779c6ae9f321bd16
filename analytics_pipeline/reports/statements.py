"""The statement that a report runs, for the days of its rollups that are dirty.

`ROLLUP(dirty_days = …)` unites the rollup's table with an aggregate of events, and ClickHouse analyses both
also if no day is dirty. Then the report reads the table alone: its statement is the shorter one.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from analytics_pipeline import rollups
from analytics_pipeline.reports import blocks
from analytics_pipeline.reports.definition import END_DATE, START_DATE, Report
from analytics_pipeline.reports.parameters import Value
from analytics_pipeline.rollups import Rollup, State
from analytics_pipeline.warehouse import Warehouse

_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Statement:
    """A report's SQL with the values of its placeholders for dirty days.

    `joined` are the states of the rollups whose days depend on each other.
    """

    sql: str
    dirty: dict[str, list[date]]
    joined: dict[Rollup, State]

    def is_current(self, warehouse: Warehouse) -> bool:
        """Return whether what was read by now is of one state of the rollups.

        A day of such a rollup that was built meanwhile may have events that the day after it also has.
        """
        return not self.joined or rollups.states(warehouse, list(self.joined)) == self.joined


def prepared(report: Report, warehouse: Warehouse, values: Mapping[str, Value]) -> Statement:
    """Return the statement to run now.

    The dirty days are read before the report runs. A day that was clean then may be rebuilt meanwhile, and
    its rollup only becomes more complete; a day that becomes dirty meanwhile counts as it did before.
    """
    sql, dirty = blocks.needed(report.sql, values), dict[str, list[date]]()
    states = _states(warehouse, sql)
    parts = {rollup.of for rollup in states}
    for rollup, state in reversed(states.items()):
        if not _reads(sql, rollup):
            # It was read by one that has no dirty days.
            continue
        days = [day for day in state.dirty if rollup in parts or _may_read(report, day, values)]
        if not days:
            sql = sql.replace(rollup.reference, rollup.table)
        dirty[rollup.placeholder] = days
    joined = {rollup: state for rollup, state in states.items() if rollup.of}
    return Statement(sql=sql, dirty=dirty, joined=joined)


def statements(report: Report, warehouse: Warehouse, values: Mapping[str, Value]) -> Iterator[Statement]:
    """Yield the statement to run, and again while the result isn't of one state; the last one always is."""
    for _ in range(_ATTEMPTS):
        yield prepared(report, warehouse, values)
    yield independent(report, warehouse, values)


def independent(report: Report, warehouse: Warehouse, values: Mapping[str, Value]) -> Statement:
    """Return a statement whose result is of one state, whatever happens meanwhile.

    It reads no tables of rollups whose days depend on each other.
    """
    sql = blocks.needed(report.sql, values)
    states = _states(warehouse, sql)
    if not any(rollup.of for rollup in states):
        return prepared(report, warehouse, values)
    dirty = {rollup.placeholder: state.dirty for rollup, state in states.items()}
    for rollup in states:
        if rollup.of:
            days = {*dirty[rollup.placeholder], *rollups.built_days(warehouse, rollup)}
            dirty[rollup.placeholder] = sorted(day for day in days if _may_read(report, day, values))
    return Statement(sql=sql, dirty=dirty, joined={})


def _states(warehouse: Warehouse, sql: str) -> dict[Rollup, State]:
    """Return the states of the rollups that the SQL reads, by one query; without any, by none."""
    read = [rollup for rollup in rollups.ROLLUPS if _reads(sql, rollup)]
    return rollups.states(warehouse, read) if read else {}


def _reads(sql: str, rollup: Rollup) -> bool:
    return f"{{{rollup.placeholder}:" in sql


def _may_read(report: Report, day: date, values: Mapping[str, Value]) -> bool:
    first, last = values.get(START_DATE), values.get(END_DATE)
    if report.days_around is None or not (isinstance(first, date) and isinstance(last, date)):
        return True
    around = timedelta(days=report.days_around)
    return day - first >= -around and day - last <= around
