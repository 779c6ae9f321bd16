"""Counts are the same before and after a rebuild, whatever arrives when."""

from datetime import date, timedelta
from typing import Any

from analytics_pipeline import ingest, rollups
from analytics_pipeline.events import CartAdd, Exposure, View
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import NOW, id_ago, record

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


def counts(warehouse: Warehouse) -> dict[tuple[date, int, str], tuple[int, int]]:
    query = """
        SELECT day, product_id, type, sum(events) AS events, sum(quantity) AS quantity
        FROM event_counts(dirty_days = {dirty_days:Array(Date)}) GROUP BY ALL
    """
    rows: list[dict[str, Any]] = warehouse.rows(query, {"dirty_days": rollups.dirty_days(warehouse)})
    return {(row["day"], row["product_id"], row["type"]): (row["events"], row["quantity"]) for row in rows}


def some_events(warehouse: Warehouse) -> None:
    ingest.load(
        warehouse,
        [
            record(View(event_id=id_ago(minutes=1), product_id=1)),
            record(View(event_id=id_ago(minutes=2), product_id=1)),
            record(CartAdd(event_id=id_ago(days=1), product_id=1, quantity=3)),
            record(Exposure(event_id=id_ago(days=1), surface="search", product_ids=(1, 2))),
        ],
    )


EXPECTED = {
    (TODAY, 1, "view"): (2, 0),
    (YESTERDAY, 1, "cart_add"): (1, 3),
    (YESTERDAY, 1, "exposure"): (1, 0),
    (YESTERDAY, 2, "exposure"): (1, 0),
}


def test_counts_agree_before_and_after_a_rebuild(warehouse: Warehouse) -> None:
    some_events(warehouse)
    assert rollups.dirty_days(warehouse) == [YESTERDAY, TODAY]
    assert counts(warehouse) == EXPECTED
    assert rollups.rebuild(warehouse) == [YESTERDAY, TODAY]
    assert rollups.dirty_days(warehouse) == []
    assert counts(warehouse) == EXPECTED
    assert warehouse.value("SELECT count() FROM event_rollup") > 0


def test_a_late_event_makes_its_day_dirty_and_counts_at_once(warehouse: Warehouse) -> None:
    some_events(warehouse)
    rollups.rebuild(warehouse)
    ingest.load(warehouse, [record(View(event_id=id_ago(days=1, minutes=5), product_id=2))])
    expected = {**EXPECTED, (YESTERDAY, 2, "view"): (1, 0)}
    assert rollups.dirty_days(warehouse) == [YESTERDAY]
    assert counts(warehouse) == expected
    rollups.rebuild(warehouse)
    assert counts(warehouse) == expected


def test_an_event_repeated_after_the_rebuild_counts_once(warehouse: Warehouse) -> None:
    view = record(View(event_id=id_ago(minutes=3), product_id=9))
    for _ in range(2):
        ingest.load(warehouse, [view])
        assert counts(warehouse) == {(TODAY, 9, "view"): (1, 0)}
        rollups.rebuild(warehouse)
        assert counts(warehouse) == {(TODAY, 9, "view"): (1, 0)}


def test_a_day_marked_during_its_rebuild_stays_dirty(warehouse: Warehouse) -> None:
    some_events(warehouse)

    class Interrupted(Warehouse):
        def command(self, statement: str, parameters: Any = None) -> None:
            super().command(statement, parameters)
            if statement.startswith("INSERT INTO"):
                ingest.load(warehouse, [record(View(event_id=id_ago(minutes=9), product_id=7))])

    rollups.rebuild_day(Interrupted(warehouse.settings, database=database_of(warehouse)), day=TODAY)
    assert TODAY in rollups.dirty_days(warehouse)
    assert counts(warehouse) == {**EXPECTED, (TODAY, 7, "view"): (1, 0)}


def test_a_day_that_somebody_else_rebuilds_is_left_to_them_and_stays_dirty(warehouse: Warehouse) -> None:
    some_events(warehouse)
    theirs = f"event_rollup_stage_{YESTERDAY:%Y%m%d}_theirs"
    warehouse.command(f"CREATE TABLE {theirs} AS event_rollup")
    assert rollups.rebuild(warehouse) == [TODAY]
    assert rollups.dirty_days(warehouse) == [YESTERDAY]
    assert counts(warehouse) == EXPECTED
    warehouse.command(f"DROP TABLE {theirs} SYNC")
    assert rollups.rebuild(warehouse) == [YESTERDAY]
    assert rollups.dirty_days(warehouse) == []


def test_a_stage_left_by_a_killed_rebuild_is_dropped_after_an_hour(warehouse: Warehouse) -> None:
    warehouse.command("CREATE TABLE event_rollup_stage_dead AS event_rollup")
    created = warehouse.value("SELECT now('UTC')")
    assert rollups.drop_left_stages(warehouse, now=created) == []
    later = created + timedelta(hours=2)
    assert rollups.drop_left_stages(warehouse, now=later) == ["event_rollup_stage_dead"]


def database_of(warehouse: Warehouse) -> str:
    return str(warehouse.value("SELECT currentDatabase()"))
