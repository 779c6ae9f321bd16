"""What a report reads while days become dirty, and are built, before and during its run."""

import io
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from analytics_pipeline import ingest, reports, rollup_builds, rollups, shopper_links
from analytics_pipeline.events import Carted, Exposure, PageView, Record, View
from analytics_pipeline.reports import Report, blocks
from analytics_pipeline.reports.parameters import parse
from analytics_pipeline.reports.statements import prepared
from analytics_pipeline.rollups import JOINED_SESSIONS, PRODUCT_COUNTS
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.samples import ANNE, BERT, NOW, database_of, id_ago, record

pytestmark = pytest.mark.shows("warehouse")

TODAY = NOW.date()
WITH_BLOCKS = [report for report in reports.available() if list(blocks.conditions(report.sql))]

SALE = {
    "movement_id": 1,
    "kind": "SALE",
    "occurred_at": NOW,
    "order_id": 1,
    "quantity": 2,
    "amount": Decimal("9.90"),
    "currency": "GBP",
    "version": 1,
}


class Meanwhile(Warehouse):
    """A client that does something between reading the dirty days and the report's own statement."""

    def __init__(self, settings: PipelineSettings, *, database: str, act: Callable[[], object]) -> None:
        super().__init__(settings, database=database)
        self._act = act

    def table(self, *arguments: Any, **options: Any) -> Any:
        act, self._act = self._act, lambda: None
        act()
        return super().table(*arguments, **options)

    def rows(self, query: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        names, rows = super().table(query, parameters)
        return [dict(zip(names, row, strict=True)) for row in rows]


def view(*, days: int = 0) -> Record:
    return record(View(event_id=id_ago(days=days, minutes=5), product_id=1))


def views(warehouse: Warehouse, **given: Any) -> dict[str, int]:
    rows = reports.run(warehouse, "product", product=1, **given).records()
    return {row["period"]: row["views"] for row in rows if row["views"]}


def sql_of(warehouse: Warehouse, first: date, last: date) -> str:
    report = reports.load("product")
    return prepared(report, warehouse, {"start_date": first, "end_date": last}).sql


@pytest.mark.parametrize("is_dirty", [False, True], ids=["clean", "another day dirty"])
@pytest.mark.parametrize("is_rebuilt", [False, True], ids=["stored", "stored and built"])
def test_a_day_that_becomes_dirty_during_a_report_counts_as_before_or_after(
    warehouse: Warehouse, is_dirty: bool, is_rebuilt: bool
) -> None:
    ingest.load(warehouse, [view(), view(days=1), view(days=1)])
    rollup_builds.rebuild(warehouse)
    if is_dirty:
        ingest.load(warehouse, [view(days=1)])
    before = {str(TODAY): 1, str(TODAY - timedelta(days=1)): 3 if is_dirty else 2}
    after = {**before, str(TODAY): 2}

    def act() -> None:
        ingest.load(warehouse, [view()])
        if is_rebuilt:
            rollup_builds.rebuild_day(warehouse, day=TODAY)

    with closing(Meanwhile(warehouse.settings, database=database_of(warehouse), act=act)) as client:
        assert views(client) == (after if is_rebuilt else before)
    assert views(warehouse) == after


def test_a_report_of_clean_days_reads_the_table_alone(warehouse: Warehouse) -> None:
    ingest.load(warehouse, [view(), view(days=30)])
    rollup_builds.rebuild(warehouse)
    assert PRODUCT_COUNTS.reference not in sql_of(warehouse, TODAY, TODAY)
    ingest.load(warehouse, [view(days=30)])
    built, old = TODAY - timedelta(days=27), TODAY - timedelta(days=28)
    assert PRODUCT_COUNTS.reference not in sql_of(warehouse, built, TODAY)
    assert PRODUCT_COUNTS.reference in sql_of(warehouse, old, TODAY)
    assert views(warehouse, start_date=built) == {str(TODAY): 1}
    assert views(warehouse) == {str(TODAY): 1, str(TODAY - timedelta(days=30)): 2}


def test_sessions_that_a_link_joins_during_a_report_are_counted_before_or_after(warehouse: Warehouse) -> None:
    """The link joins a guest's session of the evening with the account's after midnight, and one day is built."""
    evening = record(PageView(event_id=id_ago(hours=12, minutes=10), path="/"), shopper_key=ANNE)
    night = record(View(event_id=id_ago(hours=11, minutes=55), product_id=1), shopper_key=BERT)
    lamp = Exposure(event_id=id_ago(hours=12, minutes=2), surface="search", query="lamp", product_ids=(1,))
    vase = Exposure(event_id=id_ago(hours=11, minutes=58), surface="search", query="vase", product_ids=(1,))
    searches = [record(lamp, shopper_key=ANNE), record(vase, shopper_key=BERT)]
    ingest.load(warehouse, [evening, night, *searches])
    rollup_builds.rebuild(warehouse)

    def act() -> None:
        links: dict[str, list[Any]] = {
            "anonymous_key": [ANNE],
            "shopper_key": [BERT],
            "linked_at": [NOW],
        }
        shopper_links.store(warehouse, links)
        rollup_builds.rebuild_day(warehouse, day=evening.event.occurred_at.date(), chosen=[JOINED_SESSIONS])

    def steps(client: Warehouse) -> list[int]:
        return [row["sessions"] for row in reports.run(client, "funnel").records()][:2]

    def refined(client: Warehouse) -> dict[str, int]:
        return {row["query"]: row["refinements"] for row in reports.run(client, "queries").records()}

    assert steps(warehouse) == [2, 1]
    assert refined(warehouse) == {"lamp": 0, "vase": 0}
    with closing(Meanwhile(warehouse.settings, database=database_of(warehouse), act=act)) as client:
        assert steps(client) == [1, 1]
    file = io.BytesIO()
    assert rollups.dirty_days(warehouse, JOINED_SESSIONS) == [TODAY]
    reports.export(warehouse, "funnel", {}, file_format="csv", to=file)
    assert [line.split(b",")[3] for line in file.getvalue().splitlines()[1:3]] == [b"1", b"1"]
    assert refined(warehouse) == {"lamp": 1, "vase": 0}


@pytest.mark.parametrize("report", WITH_BLOCKS, ids=[report.name for report in WITH_BLOCKS])
def test_a_report_has_the_same_rows_with_blocks_that_its_values_do_not_need(
    warehouse: Warehouse, report: Report
) -> None:
    ingest.load(warehouse, [view(), view(days=1), record(PageView(event_id=id_ago(minutes=6), path="/"))])
    ingest.load(warehouse, [record(Carted(event_id=id_ago(minutes=4), product_id=1))])
    warehouse.insert("order_facts", {name: [value] for name, value in SALE.items()})
    rollup_builds.rebuild(warehouse)
    whole = replace(report, sql=report.sql.replace("/* only", "/* with"))
    for given in choices(report):
        values = parse(report.parameters, given, report=report.name)
        statement = prepared(whole, warehouse, values)
        supplied = {**statement.dirty, "time_zone": "UTC", "seller": reports.EVERY_SELLER}
        _, rows = warehouse.table(statement.sql, {**values, **supplied})
        assert rows
        assert list(map(tuple, rows)) == list(reports.run(warehouse, report.name, **given).rows), given


def choices(report: Report) -> Iterator[dict[str, Any]]:
    """Yield parameters for which each term of the report's conditions holds, and for lists also fails."""
    items = ["view", "carted", "page_view", "order", "click"]
    for name, operator, operand in {*blocks.conditions(report.sql)}:
        match operator:
            case "over":
                yield from ({name: items[:length]} for length in (int(operand), int(operand) + 1))
            case "has":
                yield from ({name: ["view", item]} for item in (f"{operand}:seen", "carted"))
            case _:
                yield {name: operand}


def test_conditions_on_lists() -> None:
    sql = "a/* only steps over 2 */b/* end *//* only steps has custom or by = day */c/* else d */"

    assert blocks.needed(sql, {"steps": ["view", "custom"], "by": "week"}) == "ad"
    assert blocks.needed(sql, {"steps": ["view", "custom:x", "order"], "by": "week"}) == "abc"
    assert blocks.needed(sql, {"steps": ["view", "order"], "by": "day"}) == "ac"
