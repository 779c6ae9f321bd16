"""The warehouse, used through the client libraries of analysts' tools with their default settings."""

import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.clients.warehouse import CLIENTS, Address, Client, Java
from tests.clients.warehouse_cases import CASES, Case, Outcome, comparable, with_table
from tests.services.waiting import wait_until

EACH_CLIENT = pytest.mark.parametrize(
    "client",
    [
        "python",
        "curl",
        pytest.param("node", marks=pytest.mark.node),
        pytest.param("java", marks=pytest.mark.java),
    ],
    indirect=True,
)
# No index or optimisation makes this query finish early.
ENDLESS = "SELECT count() AS n FROM numbers(1000000000000) WHERE sipHash64(number) = 1"
SECONDS_TO_END = 10


@pytest.fixture(scope="module", name="warehouse")
def temporary_database(warehouse_url: str) -> Iterator[Warehouse]:
    name = f"test_{uuid4().hex}"
    warehouse = Warehouse(PipelineSettings(home=Path(), clickhouse_url=warehouse_url), database=name)
    warehouse.create()
    yield warehouse
    warehouse.command(f"DROP DATABASE {name}")
    warehouse.close()


@pytest.fixture(scope="module", name="address")
def database_address(warehouse: Warehouse, warehouse_url: str) -> Address:
    found = Address.of(warehouse_url)
    return Address(
        found.host, found.port, str(warehouse.value("SELECT currentDatabase()")), found.user, found.password
    )


@pytest.fixture(scope="module", name="client")
def client_under_test(
    request: pytest.FixtureRequest, address: Address, tmp_path_factory: pytest.TempPathFactory
) -> Client:
    return CLIENTS[request.param](address, folder=tmp_path_factory.mktemp(request.param))


@pytest.fixture(scope="module")
def outcomes(client: Client) -> dict[str, Outcome]:
    """The outcome of each case; all cases run over one connection."""
    table = f"cases_{type(client).__name__.lower()}"
    found = client.run([with_table(case, table=table) for case in CASES])
    return dict(zip([case.name for case in CASES], found, strict=True))


@EACH_CLIENT
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_statement_has_the_same_outcome_for_every_client(case: Case, outcomes: dict[str, Outcome]) -> None:
    outcome = outcomes[case.name]
    assert outcome.error == case.error, outcome.message
    assert comparable(outcome.rows) == comparable(case.rows or [])


@EACH_CLIENT
def test_a_large_result_is_received_completely(client: Client) -> None:
    outcome = client.read("SELECT number, toString(number) AS text FROM numbers(300000)")
    assert (outcome.error, outcome.count) == (None, 300_000), outcome.message


@EACH_CLIENT
def test_an_error_after_the_first_rows_is_reported(client: Client) -> None:
    failing = (
        "SELECT number, throwIf(number = 400000) AS x FROM numbers(500000) SETTINGS max_block_size = 10000"
    )
    outcome = client.read(failing)
    assert outcome.error is not None
    assert client.read("SELECT 1 AS n").count == 1


@EACH_CLIENT
def test_a_batch_is_stored_exactly(client: Client, warehouse: Warehouse) -> None:
    table = f"batch_{type(client).__name__.lower()}"
    warehouse.command(
        f"CREATE TABLE {table} (id UInt64, title String, price Decimal(18, 2)) ENGINE = MergeTree ORDER BY id"
    )
    client.insert(table, 1_000)
    counted = warehouse.rows(
        f"SELECT count() AS n, uniqExact(id) AS ids, sum(price) AS total, max(title) AS last FROM {table}"
    )
    assert [(row["n"], row["ids"], str(row["total"]), row["last"]) for row in counted] == [
        (1_000, 1_000, "1100.00", "it's \\ 999")
    ]


@EACH_CLIENT
def test_a_statement_ends_when_its_client_cancels_it(client: Client, warehouse: Warehouse) -> None:
    name = type(client).__name__
    statement = f"{ENDLESS} AND '{name}' != ''"
    if name in ("Curl", "Node"):
        # These clients can only close their connection.
        statement += " SETTINGS cancel_http_readonly_queries_on_client_close = 1"
    started = time.monotonic()
    client.cancel(statement)
    assert time.monotonic() - started < SECONDS_TO_END
    running = f"SELECT count() FROM system.processes WHERE startsWith(query, 'SELECT count() AS n') AND query LIKE '%{name}%'"
    wait_until(lambda: warehouse.value(running) == 0, seconds=SECONDS_TO_END)


@pytest.mark.java
def test_metadata_lists_schemas_tables_columns_and_types(
    address: Address, warehouse: Warehouse, tmp_path: Path
) -> None:
    warehouse.command(
        "CREATE TABLE shown (id UInt64, title LowCardinality(String)) ENGINE = MergeTree ORDER BY id"
    )
    described = Java(address, folder=tmp_path).describe("shown")
    assert described["product"] == ["ClickHouse"]
    assert address.database in described["schemas"]
    assert "shown" in described["tables"]
    assert described["columns"] == ["id", "title"]
    assert {"UInt64", "String", "DateTime64"} <= set(described["types"])
    assert "TABLE" in described["kinds"]
    assert "sum" in described["functions"]
