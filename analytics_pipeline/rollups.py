"""Rollups are rebuilt day by day and never added to, so that they are exact whatever was retried."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from uuid import uuid4

from analytics_pipeline.warehouse import Warehouse

_STAGE = "event_rollup_stage_"
_STAGE_LIFETIME = timedelta(hours=1)

_DIRTY_DAYS = "SELECT DISTINCT day FROM day_marks FINAL WHERE cleared = 0 ORDER BY day"
_MARKS = "SELECT mark FROM day_marks FINAL WHERE cleared = 0 AND day = {day:Date}"
_AGGREGATE = "INSERT INTO {stage} SELECT * FROM event_aggregate(days = [{{day:Date}}])"
_REPLACE = "ALTER TABLE event_rollup REPLACE PARTITION '{day}' FROM {stage}"
_STAGES = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, {prefix:String})
  AND metadata_modification_time < {before:DateTime}
"""


def dirty_days(warehouse: Warehouse) -> list[date]:
    """The days whose rollup is older than their events, oldest first."""
    return [row["day"] for row in warehouse.rows(_DIRTY_DAYS)]


def rebuild(warehouse: Warehouse) -> list[date]:
    """Rebuild the rollup of every day that is dirty now, and return these days."""
    days = dirty_days(warehouse)
    for day in days:
        rebuild_day(warehouse, day=day)
    return days


def rebuild_day(warehouse: Warehouse, *, day: date) -> None:
    """Rebuild one day's rollup. Events that arrive meanwhile leave the day dirty."""
    seen = [row["mark"] for row in warehouse.rows(_MARKS, {"day": day})]
    with _stage(warehouse) as stage:
        warehouse.command(_AGGREGATE.format(stage=stage), {"day": day})
        warehouse.command(_REPLACE.format(day=day.isoformat(), stage=stage))
    columns = {"day": [day] * len(seen), "mark": seen, "cleared": [1] * len(seen)}
    warehouse.insert("day_marks", columns)


def drop_left_stages(warehouse: Warehouse, *, now: datetime) -> list[str]:
    """Drop what rebuilds that were killed left behind, and return the names."""
    parameters = {"prefix": _STAGE, "before": (now - _STAGE_LIFETIME).replace(tzinfo=None)}
    names = [row["name"] for row in warehouse.rows(_STAGES, parameters)]
    for name in names:
        warehouse.command(f"DROP TABLE IF EXISTS {name}")
    return names


@contextmanager
def _stage(warehouse: Warehouse) -> Iterator[str]:
    # A table of its own for every rebuild: two at once of the same day must not see each other's rows.
    name = f"{_STAGE}{uuid4().hex}"
    warehouse.command(f"CREATE TABLE {name} AS event_rollup")
    try:
        yield name
    finally:
        warehouse.command(f"DROP TABLE IF EXISTS {name} SYNC")
