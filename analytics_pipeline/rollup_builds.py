"""Builds the days of rollups that changed, each as a whole.

A day is claimed, its number of changes read, its events aggregated into a stage, and the stage takes the
place of the day's partition; then the number of changes is stored. docs/decisions/rollups.md says why.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import date, datetime, timedelta
from uuid import uuid4

from analytics_pipeline import rollups
from analytics_pipeline.rollups import Rollup
from analytics_pipeline.warehouse import Warehouse

_STAGE_LIFETIME = timedelta(hours=1)
# Several days are built by the same statements: the first build has hundreds of days, and planning a
# statement takes longer than running it for one. The number of events bounds the memory; ClickHouse refuses
# to insert into more than 100 partitions at once.
_EVENTS_AT_ONCE, _DAYS_AT_ONCE = 500_000, 30
_CREATE_TEMPORARY = "CREATE TABLE {name} AS {like} {engine}"
_CLAIM_ENGINE = "ENGINE = MergeTree ORDER BY day"
_EVENTS_OF_DAYS = "SELECT day, count() AS events FROM events WHERE day IN {days:Array(Date)} GROUP BY day"
_AGGREGATE = "INSERT INTO {stage} SELECT * FROM {rows}"
_REPLACE = "REPLACE PARTITION '{day}' FROM {stage}"
_DROP = "DROP PARTITION '{day}'"
_FILLED = "SELECT DISTINCT day FROM {stage}"
_STAGES = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND match(name, {pattern:String})
  AND metadata_modification_time < {before:DateTime}
"""
_OTHER_CLAIMS = """
SELECT count() FROM system.tables
WHERE database = currentDatabase() AND match(name, {pattern:String}) AND name != {own:String}
"""


def rebuild(warehouse: Warehouse) -> list[date]:
    """Rebuild every rollup of every day that is dirty now, and return the days that were rebuilt."""
    states = rollups.states(warehouse, rollups.ROLLUPS)
    dirty = {rollup: set(state.dirty) for rollup, state in states.items()}
    rebuilt = set[date]()
    # Days of all other rollups first, so that one that is aggregated from another reads no dirty days of it.
    for of_events in (True, False):
        chosen = {rollup: days for rollup, days in dirty.items() if (rollup.of is None) == of_events}
        for some in _batches(warehouse, set().union(*chosen.values())):
            rebuilt |= rebuild_days(warehouse, {rollup: days & some for rollup, days in chosen.items()})
    return sorted(rebuilt)


def rebuild_day(warehouse: Warehouse, *, day: date, chosen: Iterable[Rollup] = rollups.ROLLUPS) -> bool:
    """Rebuild one day of these rollups, and return whether that was done."""
    return day in rebuild_days(warehouse, {rollup: [day] for rollup in chosen})


def rebuild_days(warehouse: Warehouse, due: Mapping[Rollup, Collection[date]]) -> set[date]:
    """Rebuild these days of each rollup, and return the days that were rebuilt.

    The others are being rebuilt by another process, and the slower one would replace a newer count by an
    older one. Events that arrive meanwhile leave their day dirty.
    """
    with ExitStack() as claims:
        claimed = {
            day
            for day in sorted(set().union(*due.values()))
            if _is_claimed(warehouse, day=day, claims=claims)
        }
        counts = rollups.counts(warehouse, list(due))
        for rollup, days in due.items():
            if not (own := sorted(claimed.intersection(days))):
                continue
            changes, _ = counts[rollup]
            _rebuild(warehouse, rollup, days=own)
            included = [changes[day] for day in own]
            warehouse.insert(
                "rollup_days", {"rollup": [rollup.name] * len(own), "day": own, "changes": included}
            )
    return claimed


def _batches(warehouse: Warehouse, days: Collection[date]) -> Iterator[set[date]]:
    """Yield the days in order, in batches of at most `_DAYS_AT_ONCE` days and `_EVENTS_AT_ONCE` events.

    A day with more events is a batch of its own.
    """
    events = {row["day"]: row["events"] for row in warehouse.rows(_EVENTS_OF_DAYS, {"days": sorted(days)})}
    batch, size = set[date](), 0
    for day in sorted(days):
        size += events.get(day, 0)
        if batch and (size > _EVENTS_AT_ONCE or len(batch) == _DAYS_AT_ONCE):
            yield batch
            batch, size = set[date](), events.get(day, 0)
        batch.add(day)
    if batch:
        yield batch


def _is_claimed(warehouse: Warehouse, *, day: date, claims: ExitStack) -> bool:
    """Claim the day until the end of `claims`, and return whether that succeeded."""
    with ExitStack() as attempt:
        if succeeded := attempt.enter_context(claim(warehouse, day=day)):
            claims.enter_context(attempt.pop_all())
    return succeeded


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
    with _temporary(warehouse, name=name, like="rollup_days", engine=_CLAIM_ENGINE) as own:
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


def _rebuild(warehouse: Warehouse, rollup: Rollup, *, days: Sequence[date]) -> None:
    name = f"{rollup.table}_stage_{days[0]:%Y%m%d}_{uuid4().hex}"
    with _temporary(warehouse, name=name, like=rollup.table, engine=rollup.engine) as stage:
        rows = rollup.rows(days="{days:Array(Date)}", dirty_parts="{dirty:Array(Date)}")
        dirty = rollups.dirty_days(warehouse, rollup.of) if rollup.of else []
        warehouse.command(_AGGREGATE.format(stage=stage, rows=rows), {"days": list(days), "dirty": dirty})
        filled = {row["day"] for row in warehouse.rows(_FILLED.format(stage=stage))}
        # ClickHouse refuses to replace a partition with an empty one.
        steps = [
            (_REPLACE if day in filled else _DROP).format(day=day.isoformat(), stage=stage) for day in days
        ]
        warehouse.command(f"ALTER TABLE {rollup.table} {', '.join(steps)}")


@contextmanager
def _temporary(warehouse: Warehouse, *, name: str, like: str, engine: str) -> Iterator[str]:
    """Create a table with the columns of another one, which is dropped at the end of the context.

    ClickHouse's own temporary tables need a session and have no partitions.
    """
    with ExitStack() as stack:
        # Not the engine of the other one, which may be replicated under its name.
        warehouse.command(_CREATE_TEMPORARY.format(name=name, like=like, engine=engine))
        stack.callback(warehouse.command, f"DROP TABLE IF EXISTS {name} SYNC")
        yield name
