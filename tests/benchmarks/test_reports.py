"""The benchmark of reports runs, and its questions have the answers of the reports."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_pipeline import migrate, reports
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from benchmarks.reports.__main__ import measure
from benchmarks.reports.filling import fill
from benchmarks.reports.questions import QUESTIONS

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def filled(warehouse_url: str) -> Iterator[Warehouse]:
    settings = PipelineSettings(home=Path(), clickhouse_url=warehouse_url)
    warehouse = Warehouse(settings, database="bench_reports")
    migrate.migrate(warehouse)
    fill(warehouse, events=6_000)
    yield warehouse
    warehouse.command("DROP DATABASE bench_reports")
    warehouse.close()


def test_the_benchmark_prints_a_ratio_for_each_report(
    filled: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    for question in QUESTIONS:
        measure(filled, question, rounds=1)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == [question.report for question in QUESTIONS]
    assert all(float(line.split()[3]) > 0 for line in lines)


def test_the_questions_have_the_answers_of_the_reports(filled: Warehouse) -> None:
    """Otherwise the ratio would compare different work."""
    found = {
        each.report: reports.execute(filled, each.report, each.parameters).records() for each in QUESTIONS
    }
    wanted = {each.report: filled.rows(each.sql) for each in QUESTIONS}

    assert [[str(row["day"]), *list(row.values())[1:]] for row in wanted["product"]] == [
        [row[name] for name in ("period", "impressions", "views", "clicks", "cart_adds")]
        for row in found["product"]
    ]
    assert [list(row.values()) for row in wanted["queries"]] == [
        [row[name] for name in ("query", "searches", "shoppers", "empty_searches", "clicks")]
        for row in found["queries"]
    ]
    for name in ("sales", "sales_by_period"):
        assert [[str(row["day"]), *list(row.values())[1:]] for row in wanted[name]] == [
            [row[column] for column in ("period", "currency", "units", "gross", "orders")]
            for row in found[name]
            if row["orders"]
        ]
    assert list(wanted["funnel"][0].values())[:5] == [row["sessions"] for row in found["funnel"]]
    assert wanted["funnel"][0]["carted"] > wanted["funnel"][0]["buyers"] > 0
    levels = [list(row.values()) for row in wanted["funnel_steps"]]
    assert [sum(number for level, number in levels if level >= step) for step in (1, 2, 3)] == [
        row["reached"] for row in found["funnel_steps"]
    ]
