"""What queries led to, compared with cases that are small enough to be computed by hand."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from analytics_pipeline import ingest, rollup_builds
from analytics_pipeline.query_statistics import query_statistics
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.cases import Case, read

pytestmark = pytest.mark.shows("warehouse")

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
CASES = [read(path) for path in sorted((Path(__file__).parent / "query_statistics_cases").glob("*.md"))]


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_queries_are_counted_as_in_a_case(warehouse: Warehouse, case: Case) -> None:
    ingest.load(warehouse, case.events())
    case.store(warehouse)

    for step in ("dirty days", "rollups"):
        for expected in case.expectations:
            fewest = int(expected.parameters["fewest_shoppers"])
            found = query_statistics(warehouse, now=NOW, fewest_shoppers=fewest, limit=10)
            rows = [{name: str(each._asdict()[name]) for name in expected.rows[0]} for each in found]
            assert rows == expected.rows, step
        rollup_builds.rebuild(warehouse)


def test_an_empty_warehouse_has_no_queries(warehouse: Warehouse) -> None:
    assert query_statistics(warehouse, now=NOW, fewest_shoppers=1, limit=10) == []
