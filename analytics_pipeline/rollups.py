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
_RIVALS = """
SELECT count() FROM system.tables
WHERE database = currentDatabase() AND startsWith(name, {prefix:String}) AND name != {own:String}
"""


def dirty_days(warehouse: Warehouse) -> list[date]:
    """The days whose rollup is older than their events, oldest first."""
    return [row["day"] for row in warehouse.rows(_DIRTY_DAYS)]


def rebuild(warehouse: Warehouse) -> list[date]:
    """Rebuild the rollup of every day that is dirty now, and return the days that were rebuilt."""
    return [day for day in dirty_days(warehouse) if rebuild_day(warehouse, day=day)]


def rebuild_day(warehouse: Warehouse, *, day: date) -> bool:
    """Rebuild one day's rollup, and return whether that was done.

    It is not while somebody else rebuilds the day: the slower one would put an older count in place of a
    newer one. Events that arrive meanwhile leave the day dirty.
    """
    with _stage(warehouse, day=day) as stage:
        # The stage is the claim. Of two that see each other both give way, and the day stays dirty.
        if warehouse.value(_RIVALS, {"prefix": _stage_prefix(day), "own": stage}):
            return False
        seen = [row["mark"] for row in warehouse.rows(_MARKS, {"day": day})]
        warehouse.command(_AGGREGATE.format(stage=stage), {"day": day})
        warehouse.command(_REPLACE.format(day=day.isoformat(), stage=stage))
        columns = {"day": [day] * len(seen), "mark": seen, "cleared": [1] * len(seen)}
        warehouse.insert("day_marks", columns)
    return True


def drop_left_stages(warehouse: Warehouse, *, now: datetime) -> list[str]:
    """Drop what rebuilds that were killed left behind, and return the names.

    Until then their days stay dirty.
    """
    parameters = {"prefix": _STAGE, "before": (now - _STAGE_LIFETIME).replace(tzinfo=None)}
    names = [row["name"] for row in warehouse.rows(_STAGES, parameters)]
    for name in names:
        warehouse.command(f"DROP TABLE IF EXISTS {name}")
    return names


@contextmanager
def _stage(warehouse: Warehouse, *, day: date) -> Iterator[str]:
    name = f"{_stage_prefix(day)}{uuid4().hex}"
    warehouse.command(f"CREATE TABLE {name} AS event_rollup")
    try:
        yield name
    finally:
        warehouse.command(f"DROP TABLE IF EXISTS {name} SYNC")


def _stage_prefix(day: date) -> str:
    return f"{_STAGE}{day:%Y%m%d}_"
