"""The read-only user of the embedded warehouse, used through analysts' tools."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_pipeline import embedded, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.analytics_pipeline.analyst_views import views_with_definers_rights
from tests.clients.warehouse import CLIENTS, Address, Java
from tests.clients.warehouse_cases import Case

VIEWS = views_with_definers_rights()
CASES = [
    *(Case(f"a preview of {view}", f"SELECT * FROM {view} LIMIT 200", []) for view in VIEWS),
    Case("a table", "SELECT * FROM dead_letters", [], error=497),
    Case("a file", "SELECT file('/etc/passwd')", [], error=497),
    Case("a change", "TRUNCATE TABLE events", error=164),
    Case("the role", "SELECT currentRoles()[1] AS role", [["analyst"]]),
]


@pytest.fixture(scope="module", name="analyst")
def analyst_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    settings = PipelineSettings(home=tmp_path_factory.mktemp("home"))
    with embedded.ensure(settings, embedded.WAREHOUSE):
        warehouse = Warehouse(settings)
        migrate.migrate(warehouse)
        warehouse.close()
        found = embedded.endpoint(embedded.WAREHOUSE, home=settings.home)
        yield Address(embedded.HOST, found.port, embedded.DATABASE, embedded.ANALYST, found.analyst_token)


@pytest.mark.parametrize(
    "name",
    [
        "python",
        "curl",
        pytest.param("node", marks=pytest.mark.node),
        pytest.param("java", marks=pytest.mark.java),
    ],
)
def test_every_client_can_read_the_views_and_nothing_else(
    name: str, analyst: Address, tmp_path: Path
) -> None:
    outcomes = CLIENTS[name](analyst, folder=tmp_path).run(CASES)
    assert [(case.name, outcome.error) for case, outcome in zip(CASES, outcomes, strict=True)] == [
        (case.name, case.error) for case in CASES
    ]
    assert outcomes[-1].rows == CASES[-1].rows


@pytest.mark.java
def test_metadata_lists_the_views_and_no_tables(analyst: Address, tmp_path: Path) -> None:
    described = Java(analyst, folder=tmp_path).describe("sales_by_day")
    assert described["schemas"] == [embedded.DATABASE]
    assert described["tables"] == VIEWS
    assert described["columns"][:2] == ["day", "product_id"]
    assert "UInt64" in described["types"]
