"""The embedded warehouse, used through clickhouse-connect, as in production."""

import gzip
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
import pandas as pd
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError, StreamFailureError
from clickhouse_connect.driver.external import ExternalData

from analytics_pipeline import embedded
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseUnavailable
from tests.analytics_pipeline.warehouse_http import send


@pytest.fixture(scope="module", name="settings")
def running_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipelineSettings]:
    settings = PipelineSettings(home=tmp_path_factory.mktemp("home"))
    with embedded.ensure(settings, embedded.WAREHOUSE):
        yield settings


def connect(settings: PipelineSettings, **options: Any) -> Any:
    return clickhouse_connect.get_client(
        dsn=embedded.clickhouse_url(settings), **{"autogenerate_session_id": False, **options}
    )


@pytest.fixture(scope="module")
def client(settings: PipelineSettings) -> Any:
    return connect(settings)


@pytest.fixture
def table(client: Any) -> Iterator[str]:
    client.command(
        "CREATE TABLE sold (id UInt64, title String, price Decimal(18, 2)) ENGINE MergeTree ORDER BY id"
    )
    yield "sold"
    client.command("DROP TABLE sold")


def frame(rows: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"id": range(rows), "title": [f"product {row}" for row in range(rows)], "price": Decimal("1.10")}
    )


@pytest.mark.parametrize("compress", [True, False, "lz4", "zstd", "gzip"])
def test_a_large_insert_arrives_whole_in_every_compression(
    settings: PipelineSettings, table: str, compress: bool | str
) -> None:
    client = connect(settings, compress=compress)
    summary = client.insert_df(table, frame(200_000))
    assert summary.written_rows == 200_000
    assert client.query(f"SELECT count(), uniqExact(id), sum(price) FROM {table}").result_rows == [
        (200_000, 200_000, Decimal("220000.00"))
    ]


def test_a_data_frame_is_read_back_as_it_was_inserted(client: Any, table: str) -> None:
    sent = frame(1_000)
    client.insert_df(table, sent)
    received = client.query_df(f"SELECT * FROM {table} ORDER BY id")
    pd.testing.assert_frame_equal(received, sent.astype({"id": "uint64"}), check_dtype=False)


def test_raw_inserts_accept_values_csv_and_compressed_bodies(client: Any, table: str) -> None:
    client.command(f"INSERT INTO {table} VALUES (1, 'FORMAT CSV', 2.5), (2, 'it''s', 3)")
    client.raw_insert(table, column_names=["id", "title", "price"], insert_block='3,"a, b",4\n', fmt="CSV")
    client.raw_insert(
        table, insert_block=gzip.compress(b"4\tnaive\t5\n"), fmt="TabSeparated", compression="gzip"
    )
    titles = client.query(
        f"SELECT groupArray(title) FROM (SELECT title FROM {table} ORDER BY id)"
    ).result_rows
    assert titles == [(["FORMAT CSV", "it's", "a, b", "naive"],)]


def test_results_can_be_streamed_block_by_block(client: Any) -> None:
    with client.query_row_block_stream("SELECT number FROM numbers(500000)") as blocks:
        sizes = [len(block) for block in blocks]
    assert sum(sizes) == 500_000
    assert len(sizes) > 1


def test_an_error_in_the_middle_of_a_stream_is_raised(client: Any) -> None:
    with (
        pytest.raises(StreamFailureError, match="non-zero"),
        client.query_row_block_stream(
            "SELECT throwIf(number = 400000) FROM numbers(500000)", settings={"max_block_size": 10_000}
        ) as blocks,
    ):
        for _ in blocks:
            pass


@pytest.mark.parametrize(
    ("type_", "value"),
    [
        ("String", "tab\t, quote ' and \\ and {x:Int32}"),
        ("Array(String)", ["it's", "b"]),
        ("Nullable(String)", None),
        ("Decimal(18, 2)", Decimal("12.30")),
        ("Array(UInt64)", [1, 2]),
    ],
)
def test_typed_parameters_are_passed_unchanged(client: Any, type_: str, value: object) -> None:
    result = client.query(f"SELECT {{value:{type_}}}", parameters={"value": value})
    assert result.result_rows == [(value,)]


def test_binary_and_long_parameters_are_passed_unchanged(settings: PipelineSettings, client: Any) -> None:
    assert client.query("SELECT hex($value$) AS given", parameters={"$value$": b"\xff\x00'"}).result_rows == [
        ("FF0027",)
    ]
    form = connect(settings, form_encode_query_params=True)
    assert form.query("SELECT length({v:String})", parameters={"v": "x" * 200_000}).result_rows == [
        (200_000,)
    ]


def test_external_data_exists_as_a_table_for_one_query(client: Any) -> None:
    external = ExternalData(
        file_name="wanted", data=b"1,one\r\n2,two\n", fmt="CSV", structure=["id UInt8", "name String"]
    )
    rows = client.query("SELECT sum(id), max(name) FROM wanted", external_data=external).result_rows
    assert rows == [(3, "two")]
    with pytest.raises(DatabaseError, match="wanted"):
        client.query("SELECT * FROM wanted")


def test_settings_and_database_last_for_one_request(client: Any) -> None:
    statement = "SELECT getSetting('max_block_size')"
    default = client.query(statement).result_rows
    assert client.query(statement, settings={"max_block_size": 1234}).result_rows == [(1234,)]
    client.command("SET max_block_size = 77")
    client.command("USE system")
    assert client.query(statement).result_rows == default
    assert client.query("SELECT currentDatabase()").result_rows == [(embedded.DATABASE,)]


@pytest.mark.parametrize(
    "statement", ["SET max_threads = 1", "USE system", "CREATE TEMPORARY TABLE kept (n Int32)"]
)
def test_statements_that_need_a_session_are_refused(settings: PipelineSettings, statement: str) -> None:
    # Sessions are the client's default.
    client = connect(settings, autogenerate_session_id=True)
    assert client.query("SELECT 1").result_rows == [(1,)]
    with pytest.raises(DatabaseError, match="NOT_IMPLEMENTED"):
        client.command(statement)


@pytest.mark.parametrize(
    ("statement", "code", "status"),
    [
        ("SELEC 1", 62, 400),
        ("SELECT * FROM nowhere", 60, 404),
        ("SELECT throwIf(1)", 395, 500),
        ("", 62, 400),
    ],
)
def test_errors_have_clickhouses_code_and_status(
    settings: PipelineSettings, statement: str, code: int, status: int
) -> None:
    response = send(settings, statement)
    assert (response.status, response.headers["X-ClickHouse-Exception-Code"]) == (status, str(code))
    assert response.content.startswith(f"Code: {code}.")


def test_a_wrong_token_is_refused_but_a_ping_needs_none(settings: PipelineSettings, client: Any) -> None:
    assert send(settings, "SELECT 1", password="guess").status == 403
    assert client.ping()


def test_a_get_request_cannot_insert(settings: PipelineSettings, client: Any, table: str) -> None:
    assert send(settings, f"INSERT INTO {table} VALUES (1, 'a', 1)", method="GET").status == 403
    assert client.query(f"SELECT count() FROM {table}").result_rows == [(0,)]


def test_an_insert_whose_client_disconnects_stores_nothing(
    settings: PipelineSettings, client: Any, table: str
) -> None:
    url = urlsplit(embedded.clickhouse_url(settings))
    rows = b"INSERT INTO vitrine.sold FORMAT TabSeparated\n" + b"1\ta\t1\n" * 50_000
    with socket.create_connection((url.hostname, url.port)) as connection:
        connection.sendall(
            f"POST / HTTP/1.1\r\nHost: x\r\nX-ClickHouse-User: {url.username}\r\nX-ClickHouse-Key: {url.password}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
            + b"%x\r\n%s\r\n" % (len(rows), rows)
        )
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1000) == b""
    assert client.query(f"SELECT count() FROM {table}").result_rows == [(0,)]


def test_concurrent_clients_are_served(settings: PipelineSettings) -> None:
    sums: list[int] = []

    def query_ten_times() -> None:
        client = connect(settings)
        sums.extend(
            client.query("SELECT sum(number) FROM numbers(1000)").result_rows[0][0] for _ in range(10)
        )

    threads = [threading.Thread(target=query_ten_times) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sums == [499_500] * 80


def test_a_second_server_in_the_same_home_is_refused(settings: PipelineSettings, client: Any) -> None:
    command = [sys.executable, "-m", "analytics_pipeline.chdb_server", "--transient"]
    environment = {**os.environ, "VITRINE_HOME": str(settings.home)}
    second = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=False)
    assert second.returncode == 1
    assert "already served by process" in second.stderr
    assert client.ping()


def test_stored_rows_survive_a_kill_of_the_server(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path)
    with embedded.ensure(settings, embedded.WAREHOUSE):
        client = connect(settings)
        client.command("CREATE TABLE kept (n UInt64) ENGINE MergeTree ORDER BY n")
        client.insert("kept", [[1], [2]], column_names=["n"])
        pid = embedded.endpoint(embedded.WAREHOUSE, home=tmp_path).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    address = embedded.clickhouse_url(settings)
    with embedded.ensure(settings, embedded.WAREHOUSE):
        assert embedded.clickhouse_url(settings) == address
        assert connect(settings).query("SELECT n FROM kept ORDER BY n").result_rows == [(1,), (2,)]


def test_a_connected_client_works_again_after_the_server_was_killed_and_restarted(tmp_path: Path) -> None:
    settings = PipelineSettings(home=tmp_path)
    warehouse = Warehouse(settings)
    with embedded.ensure(settings, embedded.WAREHOUSE):
        assert warehouse.value("SELECT 1") == 1
        pid = embedded.endpoint(embedded.WAREHOUSE, home=tmp_path).pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        with pytest.raises(WarehouseUnavailable):
            warehouse.value("SELECT 1")
    with embedded.ensure(settings, embedded.WAREHOUSE):
        assert warehouse.value("SELECT 1") == 1
    warehouse.close()
