"""Counts are the same before and after a rebuild of rollups, also with late and repeated events."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from analytics_pipeline import ingest, rollup_builds, rollups
from analytics_pipeline.events import CartAdd, Click, Exposure, View
from analytics_pipeline.rollups import PRODUCT_COUNTS, RESULT_LISTS, Rollup
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import NOW, database_of, id_ago, record

pytestmark = pytest.mark.shows("warehouse")

TODAY = NOW.date()
YESTERDAY = TODAY - timedelta(days=1)


def dirty(warehouse: Warehouse) -> list[date]:
    return rollups.dirty_days(warehouse, PRODUCT_COUNTS)


def counts(warehouse: Warehouse) -> dict[tuple[date, int, str], tuple[int, int]]:
    query = """
        SELECT day, product_id, type, sum(events) AS events, sum(quantity) AS quantity
        FROM product_counts(dirty_days = {dirty_days:Array(Date)}) GROUP BY ALL
    """
    rows: list[dict[str, Any]] = warehouse.rows(query, {"dirty_days": dirty(warehouse)})
    return {(row["day"], row["product_id"], row["type"]): (row["events"], row["quantity"]) for row in rows}


def clicks(warehouse: Warehouse) -> dict[tuple[date, str], int]:
    query = (
        "SELECT day, query, sum(clicks) AS n FROM result_lists(dirty_days = {days:Array(Date)}) GROUP BY ALL"
    )
    rows = warehouse.rows(query, {"days": rollups.dirty_days(warehouse, RESULT_LISTS)})
    return {(row["day"], row["query"]): row["n"] for row in rows}


def store_sample_events(warehouse: Warehouse) -> None:
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
    store_sample_events(warehouse)
    assert dirty(warehouse) == [YESTERDAY, TODAY]
    assert counts(warehouse) == EXPECTED
    assert rollup_builds.rebuild(warehouse) == [YESTERDAY, TODAY]
    assert rollups.all_dirty_days(warehouse) == []
    assert counts(warehouse) == EXPECTED
    assert warehouse.value("SELECT count() FROM product_counts_rollup") > 0


def test_a_late_event_makes_its_day_dirty_and_counts_at_once(warehouse: Warehouse) -> None:
    store_sample_events(warehouse)
    rollup_builds.rebuild(warehouse)
    ingest.load(warehouse, [record(View(event_id=id_ago(days=1, minutes=5), product_id=2))])
    expected = {**EXPECTED, (YESTERDAY, 2, "view"): (1, 0)}
    assert dirty(warehouse) == [YESTERDAY]
    assert counts(warehouse) == expected
    rollup_builds.rebuild(warehouse)
    assert counts(warehouse) == expected


def test_an_event_repeated_after_the_rebuild_counts_once(warehouse: Warehouse) -> None:
    view = record(View(event_id=id_ago(minutes=3), product_id=9))
    for _ in range(2):
        ingest.load(warehouse, [view])
        assert counts(warehouse) == {(TODAY, 9, "view"): (1, 0)}
        rollup_builds.rebuild(warehouse)
        assert counts(warehouse) == {(TODAY, 9, "view"): (1, 0)}


class WarehouseWithLateEvents(Warehouse):
    """A client that stores another event after each stage table was filled."""

    def command(self, statement: str, parameters: Any = None) -> None:
        super().command(statement, parameters)
        if statement.startswith("INSERT INTO"):
            ingest.load(self, [record(View(event_id=id_ago(minutes=9), product_id=7))])


def test_a_day_that_changes_during_its_rebuild_stays_dirty(warehouse: Warehouse) -> None:
    store_sample_events(warehouse)
    rollup_builds.rebuild_day(
        WarehouseWithLateEvents(warehouse.settings, database=database_of(warehouse)), day=TODAY
    )
    assert TODAY in dirty(warehouse)
    assert counts(warehouse) == {**EXPECTED, (TODAY, 7, "view"): (len(rollups.ROLLUPS), 0)}


class CountingWarehouse(Warehouse):
    """A client that counts the builds of stages."""

    stages = 0

    def command(self, statement: str, parameters: Any = None) -> None:
        super().command(statement, parameters)
        self.stages += statement.startswith("INSERT INTO")


def test_many_days_are_built_together_as_long_as_they_have_few_events(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest.load(warehouse, [record(View(event_id=id_ago(days=number), product_id=1)) for number in range(35)])
    emptied = TODAY - timedelta(days=3)
    warehouse.command("DELETE FROM events WHERE day = {day:Date}", {"day": emptied})
    expected = counts(warehouse)
    assert len(expected) == 34
    client = CountingWarehouse(warehouse.settings, database=database_of(warehouse))

    assert len(rollup_builds.rebuild(client)) == 35
    assert client.stages == 2 * len(rollups.ROLLUPS)
    assert rollups.all_dirty_days(warehouse) == []
    assert counts(warehouse) == expected

    monkeypatch.setattr(rollup_builds, "_EVENTS_AT_ONCE", 10)
    rollups.mark_dirty(warehouse, [day for day, _, _ in expected])
    client.stages = 0
    rollup_builds.rebuild(client)
    assert client.stages == 4 * len(rollups.ROLLUPS)
    assert counts(warehouse) == expected


@pytest.mark.parametrize("table", ["rollup_claim_{day}_theirs", "product_counts_rollup_stage_{day}_theirs"])
def test_a_day_that_another_process_rebuilds_is_skipped_and_stays_dirty(
    warehouse: Warehouse, table: str
) -> None:
    store_sample_events(warehouse)
    name = table.format(day=f"{YESTERDAY:%Y%m%d}")
    warehouse.command(f"CREATE TABLE {name} AS product_counts_rollup")
    assert rollup_builds.rebuild(warehouse) == [TODAY]
    assert dirty(warehouse) == [YESTERDAY]
    assert counts(warehouse) == EXPECTED
    warehouse.command(f"DROP TABLE {name} SYNC")
    assert rollup_builds.rebuild(warehouse) == [YESTERDAY]
    assert dirty(warehouse) == []


def test_tables_left_by_a_killed_rebuild_are_dropped_after_an_hour(warehouse: Warehouse) -> None:
    leftover = ["product_counts_rollup_stage_dead", "query_results_rollup_stage_dead", "rollup_claim_dead"]
    for name in leftover:
        warehouse.command(f"CREATE TABLE {name} AS rollup_days")
    created = warehouse.value("SELECT now('UTC')")
    assert rollup_builds.drop_leftover_tables(warehouse, now=created) == []
    assert sorted(rollup_builds.drop_leftover_tables(warehouse, now=created + timedelta(hours=2))) == leftover


def test_a_day_whose_events_were_deleted_has_no_counts_after_a_rebuild(warehouse: Warehouse) -> None:
    store_sample_events(warehouse)
    rollup_builds.rebuild(warehouse)
    warehouse.command("DELETE FROM events WHERE day = {day:Date}", {"day": TODAY})
    rollups.mark_dirty(warehouse, [TODAY])
    assert dirty(warehouse) == [TODAY]
    rollup_builds.rebuild(warehouse)
    assert {day for day, _, _ in counts(warehouse)} == {YESTERDAY}


def test_a_late_click_makes_the_day_of_its_list_dirty(warehouse: Warehouse) -> None:
    shown = Exposure(event_id=id_ago(days=3), surface="search", query="lamp", product_ids=(1, 2))
    ingest.load(warehouse, [record(shown)])
    rollup_builds.rebuild(warehouse)
    clicked = Click(event_id=id_ago(days=1), product_id=1, exposure_id=shown.event_id)
    ingest.load(warehouse, [record(clicked)])
    assert rollups.dirty_days(warehouse, RESULT_LISTS) == [shown.occurred_at.date(), YESTERDAY]
    for _ in range(2):
        assert clicks(warehouse) == {(shown.occurred_at.date(), "lamp"): 1}
        rollup_builds.rebuild(warehouse)


@pytest.mark.parametrize("named", [UUID(int=0), UUID(int=2**128 - 1), id_ago(days=30), id_ago(days=-30)])
def test_a_forged_list_makes_no_other_day_dirty(named: UUID) -> None:
    forged = record(Click(event_id=id_ago(minutes=1), product_id=1, exposure_id=named))
    assert rollups.touched_days([forged]) == {TODAY}


def test_changes_of_a_day_are_merged_into_one_row(warehouse: Warehouse) -> None:
    for _ in range(20):
        rollups.mark_dirty(warehouse, [TODAY, YESTERDAY])
    warehouse.command("OPTIMIZE TABLE day_changes FINAL")
    assert warehouse.rows("SELECT day, changes FROM day_changes ORDER BY day") == [
        {"day": YESTERDAY, "changes": 20},
        {"day": TODAY, "changes": 20},
    ]
    assert dirty(warehouse) == [YESTERDAY, TODAY]


def test_a_new_rollup_needs_one_view_and_one_declaration(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_sample_events(warehouse)
    rollup_builds.rebuild(warehouse)
    warehouse.command(
        """
        CREATE OR REPLACE VIEW hour_aggregate AS
        SELECT day, toHour(occurred_at) AS hour, count() AS events
        FROM events FINAL WHERE day IN ({days:Array(Date)}) GROUP BY day, hour
        """
    )
    hours = Rollup(name="hour_counts", aggregate="hour_aggregate", table="hour_rollup", order_by="hour")
    monkeypatch.setattr(rollups, "ROLLUPS", (*rollups.ROLLUPS, hours))
    rollups.create(warehouse, rollups=[hours])

    # Each day is dirty for the new rollup only, and is read from the events until the rollup is built.
    assert (rollups.dirty_days(warehouse, hours), dirty(warehouse)) == ([YESTERDAY, TODAY], [])
    total = "SELECT sum(events) FROM hour_counts(dirty_days = {days:Array(Date)})"
    for _ in range(2):
        assert warehouse.value(total, {"days": rollups.dirty_days(warehouse, hours)}) == 4
        rollup_builds.rebuild(warehouse)
    assert rollups.dirty_days(warehouse, hours) == []
    for name in ("VIEW hour_counts", "TABLE hour_rollup", "VIEW hour_aggregate"):
        warehouse.command(f"DROP {name}")
