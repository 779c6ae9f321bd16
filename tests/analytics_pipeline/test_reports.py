"""Reports compared with the cases in `report_cases`, which are small enough to be computed by hand."""

import csv
import io
import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from analytics_pipeline import ingest, reports, rollup_builds, rollups
from analytics_pipeline.events import Custom, Record
from analytics_pipeline.reports import InvalidParameters, NotForSellers, UnknownReport
from analytics_pipeline.reports.results import plain, to_csv
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import ResultTooLarge, Warehouse
from tests.analytics_pipeline.cases import Case, Expectation, all_cases, cell_text
from tests.analytics_pipeline.samples import ANNE, NOW, database_of, id_ago
from tests.csv_cells.cases import CELLS

pytestmark = pytest.mark.shows("warehouse")

CASES = all_cases()
NEEDED: dict[str, dict[str, Any]] = {"product": {"product": 1}}


def in_time_zone(warehouse: Warehouse, name: str) -> Warehouse:
    """Return a client of the same warehouse for a shop in another time zone."""
    settings = PipelineSettings(home=Path(), clickhouse_url=warehouse.settings.clickhouse_url, time_zone=name)
    return Warehouse(settings, database=database_of(warehouse))


def rows_of(warehouse: Warehouse, expectation: Expectation) -> list[dict[str, str]]:
    """Run the report of an expectation, and return its rows as text, with the expected columns only."""
    parameters = dict(expectation.parameters)
    local = in_time_zone(warehouse, parameters.pop("time_zone", "UTC"))
    result = reports.run(local, expectation.report, **parameters)
    local.close()
    columns = expectation.rows[0] if expectation.rows else {}
    return [{name: cell_text(row[name]) for name in columns} for row in result.records()]


def reads_rollups(name: str) -> bool:
    return any(rollup.placeholder in reports.load(name).placeholders for rollup in rollups.ROLLUPS)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_reports_return_the_rows_of_a_case(warehouse: Warehouse, case: Case) -> None:
    """Compare after everything was stored twice; and reports of rollups also before, and with some and all days built."""
    events = case.events()
    of_rollups = [expected for expected in case.expectations if reads_rollups(expected.report)]

    def store() -> None:
        ingest.load(warehouse, events)
        case.store(warehouse)

    def build_some() -> None:
        for day in rollups.all_dirty_days(warehouse)[::2]:
            assert rollup_builds.rebuild_day(warehouse, day=day)

    for step, expectations in (
        (store, of_rollups),
        (store, case.expectations),
        (build_some, of_rollups),
        (lambda: rollup_builds.rebuild(warehouse), of_rollups),
    ):
        step()
        for expected in expectations:
            assert rows_of(warehouse, expected) == expected.rows, (expected.report, expected.parameters)
    assert rollups.all_dirty_days(warehouse) == []


def test_the_revenue_of_all_queries_and_days_is_that_of_all_credited_sales_from_searches(
    warehouse: Warehouse,
) -> None:
    case, expected = random_sales(random.Random(10))
    ingest.load(warehouse, case.events())
    case.store(warehouse)

    assert len(expected) == 2
    assert revenue_by_currency(reports.run(warehouse, "queries").records()) == expected
    assert revenue_by_currency(reports.run(warehouse, "searches").records()) == expected
    credited = reports.run(warehouse, "exposure_revenue").records()
    assert revenue_by_currency(row for row in credited if row["surface"] == "search") == expected
    for given in ({}, {"group_by": "day"}, {"breakdown": "position", "bots": "only"}):
        by_list = reports.run(warehouse, "recommendations", surface="search", **given).records()
        assert revenue_by_currency(by_list) == expected


def random_sales(drawn: random.Random) -> tuple[Case, dict[str, Decimal]]:
    """Return lists with orders that name them, and the net sales by currency that searches are credited with."""
    lists, orders = [], []
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for number in range(60):
        surface, query = drawn.choice(
            [("search", "lamp"), ("search", "Vase "), ("search", ""), ("other", "")]
        )
        shown = {"type": "exposure", "id": f"list {number}", "at": f"2026-03-{1 + number % 20:02} 11:00"}
        lists.append(shown | {"shopper": "Anne", "surface": surface, "query": query, "products": "1, 2"})
        for kind, sign in drawn.choices([("SALE", 1), ("CANCEL", -1), ("RETURN", -1), ("REFUND", 0)], k=3):
            order = {"kind": kind, "amount": f"{drawn.randint(1, 9999) / 100:.2f}", "at": "2026-03-30 12:00"}
            order |= {"currency": drawn.choice(["EUR", "USD"]), "in cart at": "2026-03-29 12:00"}
            order |= {"product": drawn.choice("123"), "shopper": drawn.choice(["Anne", "Bert"])}
            orders.append(order | {"list": f"{shown['id']} @ {shown['at']}"})
            if surface == "search" and order["product"] != "3" and order["shopper"] == "Anne":
                expected[order["currency"]] += sign * Decimal(order["amount"])
    return Case("random", {"events": lists, "orders": orders}), expected


def revenue_by_currency(rows: Iterable[Mapping[str, Any]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        if row["currency"]:
            found[row["currency"]] += row["revenue"]
    return found


def test_every_report_has_a_case() -> None:
    assert {expected.report for case in CASES for expected in case.expectations} == set(reports.names())


@pytest.mark.parametrize("name", reports.names())
def test_a_report_of_an_empty_warehouse_has_the_declared_columns_and_no_rows(
    warehouse: Warehouse, name: str
) -> None:
    report = reports.load(name)
    parameters = {p.name: p.default for p in report.parameters if p.default is not None}
    supplied = {
        "seller": 0,
        "time_zone": "UTC",
        **{rollup.placeholder: [] for rollup in rollups.ROLLUPS},
    }
    given = {**supplied, **parameters, **NEEDED.get(name, {})}
    described = warehouse.rows(f"DESCRIBE ({report.sql})", {key: given[key] for key in report.placeholders})
    assert [(row["name"], row["type"].replace("LowCardinality(String)", "String")) for row in described] == [
        (column.name, column.type) for column in report.columns
    ]
    names = tuple(column.name for column in report.columns)
    result = reports.run(warehouse, name, **NEEDED.get(name, {}))
    assert (result.columns, result.rows) == (names, ())
    file = io.BytesIO()
    reports.export(warehouse, name, NEEDED.get(name, {}), file_format="csv", to=file)
    assert file.getvalue().decode() == f"{','.join(names)}\n"


@pytest.mark.parametrize(
    ("name", "parameters", "faults"),
    [
        ("sales", {"group_by": "year"}, {"group_by": "must be one of day, week, month, not 'year'"}),
        ("sales", {"start_date": "2026-02-30"}, {"start_date": "must be a date in the form YYYY-MM-DD"}),
        ("sales", {"start_date": "0001-01-01"}, {"start_date": "must be between 1970-01-02 and 2149-06-04"}),
        (
            "sales",
            {"start_date": "2026-02-02", "end_date": "2026-02-01"},
            {"end_date": "2026-02-01 is before the start_date 2026-02-02"},
        ),
        ("sales", {"colour": "red"}, {"colour": "is not a parameter of sales; it has start_date, end_date"}),
        ("reconciliation", {"colour": "red"}, {"colour": "it has none"}),
        ("product", {}, {"product": "must be given"}),
        ("funnel_steps", {"steps": "view"}, {"steps": "must have from 2 to 8 items, not 1"}),
        ("funnel_steps", {"steps": list("abcdefghi")}, {"steps": "must have from 2 to 8 items, not 9"}),
        ("funnel_steps", {"steps": "view, ,order"}, {"steps": "must have no empty items"}),
        ("funnel_steps", {"steps": "view,order,view"}, {"steps": "must have each item once"}),
        ("funnel_steps", {"steps": ["view", "a\0b"]}, {"steps": "without a null character"}),
        ("funnel_steps", {"steps": ["view", "a" * 1_001]}, {"steps": "at most 1000 characters"}),
        ("product", {"product": "-1"}, {"product": "must be a whole number"}),
        ("product", {"product": "9" * 30}, {"product": "must be a whole number"}),
        ("queries", {"limit": "0"}, {"limit": "must be from 1 to 100000"}),
        ("sales", {"seller": "me"}, {"seller": "must be a whole number"}),
        ("queries", {"limit": "x", "end_date": "y"}, {"limit": "whole number", "end_date": "date"}),
    ],
)
def test_each_invalid_parameter_is_named_with_the_reason(
    warehouse: Warehouse, name: str, parameters: dict[str, Any], faults: dict[str, str]
) -> None:
    with pytest.raises(InvalidParameters) as raised:
        reports.run(warehouse, name, **parameters)
    assert raised.value.faults.keys() == faults.keys()
    for parameter, reason in faults.items():
        assert reason in raised.value.faults[parameter]


def test_a_report_for_staff_is_refused_to_a_seller(warehouse: Warehouse) -> None:
    with pytest.raises(NotForSellers):
        reports.run(warehouse, "rule_revenue", seller=8)


def test_the_error_for_an_unknown_report_lists_the_reports(warehouse: Warehouse) -> None:
    with pytest.raises(
        UnknownReport,
        match="baskets, cohorts, customer_value, empty_searches, event_quality, event_sources",
    ):
        reports.run(warehouse, "profits")


def test_the_items_of_an_array_reach_the_warehouse_unchanged(warehouse: Warehouse) -> None:
    hostile = [
        "it's",
        "a\\'b",
        '"quoted" \\n',
        "line\nbreak\tand tab",
        "{steps:String}",
        "') OR 1 = 1 --",
        "Ünï 🛒",
    ]
    visit = [
        Record(
            event=Custom(event_id=id_ago(minutes=9 - number), name=name),
            shopper_key=ANNE,
            arrived_at=NOW,
            number=1,
        )
        for number, name in enumerate(hostile)
    ]
    ingest.load(warehouse, visit)
    result = reports.run(warehouse, "funnel_steps", steps=[f"custom:{name}" for name in hostile])
    assert [row[2:4] for row in result.rows] == [(f"custom:{name}", 1) for name in hostile]


@pytest.fixture
def months(warehouse: Warehouse) -> Warehouse:
    """A warehouse with one sale in each of three months."""
    case = Case(
        "three months",
        {"orders": [{"kind": "SALE", "amount": f"{n}.10", "at": f"2026-0{n}-10"} for n in (1, 2, 3)]},
    )
    case.store(warehouse)
    return warehouse


def test_a_result_with_too_many_rows_is_refused_in_every_format(months: Warehouse) -> None:
    assert len(reports.execute(months, "sales", {}, most_rows=3).rows) == 3
    with pytest.raises(ResultTooLarge):
        reports.execute(months, "sales", {}, most_rows=2)
    for file_format in ("csv", "parquet"):
        with pytest.raises(ResultTooLarge):
            reports.export(months, "sales", {}, file_format=file_format, to=io.BytesIO(), most_rows=2)
    # The connection still works after a refusal.
    assert len(reports.run(months, "sales").rows) == 3


def test_csv_and_parquet_contain_the_same_values_as_the_rows(months: Warehouse) -> None:
    pandas = pytest.importorskip("pandas")
    result = reports.run(months, "sales", group_by="month")
    text, columnar = io.BytesIO(), io.BytesIO()
    reports.export(months, "sales", {"group_by": "month"}, file_format="csv", to=text)
    reports.export(months, "sales", {"group_by": "month"}, file_format="parquet", to=columnar)
    assert text.getvalue().decode() == to_csv(result.columns, result.rows)
    assert text.getvalue().splitlines()[1].startswith(b"2026-01,1,1.10,0.00,1.10,1,0,EUR,")
    frame = pandas.read_parquet(columnar)
    assert list(frame.columns) == list(result.columns)
    assert [tuple(map(plain, row)) for row in frame.itertuples(index=False)] == list(result.rows)
    assert isinstance(frame["net"][0], Decimal)


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (Decimal("-15.1000"), "-15.1000"),
        (Decimal("1E+3"), "1000"),
        (Decimal("0.12345678"), "0.12345678"),
        (-3, "-3"),
        (date(2026, 1, 31), "2026-01-31"),
        (["view", "=x"], '"[""view"", ""=x""]"'),
        (None, '""'),
    ],
)
def test_a_csv_cell_keeps_the_exact_value(value: Any, cell: str) -> None:
    assert to_csv(["c"], [[value]]) == f"c\n{cell}\n"


@pytest.mark.parametrize(("text", "cell"), CELLS)
def test_text_in_csv_cells_does_not_run_as_a_formula(text: str, cell: str) -> None:
    written = io.StringIO(to_csv(["c"], [[text]]), newline="")
    assert list(csv.reader(written)) == [["c"], [cell]]


def test_a_result_lists_the_parameters_that_were_used(warehouse: Warehouse) -> None:
    used = reports.run(warehouse, "product", product="1", start_date=NOW.date()).parameters
    assert used == {
        "product": 1,
        "start_date": NOW.date(),
        "end_date": date(2149, 6, 4),
        "group_by": "day",
        "bots": "exclude",
    }
