"""The statement that a report runs, for the days of its rollups that are dirty.

`ROLLUP(dirty_days = …)` unites the rollup's table with an aggregate of events, and ClickHouse analyses both
also if no day is dirty. Then the report reads the table alone: its statement is the shorter one.
"""

from collections.abc import Mapping
from datetime import date, timedelta

from analytics_pipeline import rollups
from analytics_pipeline.reports.definition import END_DATE, START_DATE, Report
from analytics_pipeline.reports.parameters import Value
from analytics_pipeline.warehouse import Warehouse


def prepared(
    report: Report, warehouse: Warehouse, values: Mapping[str, Value]
) -> tuple[str, dict[str, object]]:
    """Return the report's SQL, and the values of its placeholders for dirty days.

    The dirty days are read before the report runs. A day that was clean then may be rebuilt meanwhile, and
    its rollup only becomes more complete; a day that becomes dirty meanwhile counts as it did before.
    """
    sql, dirty = report.sql, dict[str, object]()
    for rollup in rollups.ROLLUPS:
        if rollup.placeholder not in report.placeholders:
            continue
        days = [day for day in rollups.dirty_days(warehouse, rollup) if _may_read(report, day, values)]
        if not days:
            sql = sql.replace(rollup.reference, rollup.table)
        dirty[rollup.placeholder] = days
    return sql, dirty


def _may_read(report: Report, day: date, values: Mapping[str, Value]) -> bool:
    first, last = values.get(START_DATE), values.get(END_DATE)
    if report.days_around is None or not (isinstance(first, date) and isinstance(last, date)):
        return True
    around = timedelta(days=report.days_around)
    return day - first >= -around and day - last <= around
