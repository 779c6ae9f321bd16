"""Temporary and permanent failures of the warehouse are told apart."""

import gc
import threading
import weakref
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from uuid import UUID

import pytest

from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable


class ProxyWithoutServer(BaseHTTPRequestHandler):
    """Responds like a proxy whose server is being restarted."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(502)
        self.send_header("Content-Length", "11")
        self.end_headers()
        self.wfile.write(b"Bad Gateway")

    def log_message(self, *_: object) -> None:
        """Log nothing."""


@pytest.fixture
def proxy() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), ProxyWithoutServer) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://user:word@127.0.0.1:{server.server_port}/shop"
        server.shutdown()
        thread.join()


def test_an_error_of_a_proxy_is_reported_as_an_unavailable_warehouse(proxy: str) -> None:
    warehouse = Warehouse(PipelineSettings(home=Path(), clickhouse_url=proxy))
    with pytest.raises(WarehouseUnavailable, match="502"):
        warehouse.value("SELECT 1")


def test_an_invalid_statement_is_refused_with_clickhouses_code(warehouse: Warehouse) -> None:
    with pytest.raises(WarehouseRefused, match="nowhere") as raised:
        warehouse.value("SELECT 1 FROM nowhere")
    assert raised.value.code == 60


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        ("ALTER TABLE strict ADD CONSTRAINT few CHECK n <= 100", 469),
        ("CREATE MATERIALIZED VIEW strict_view TO copies AS SELECT throwIf(n > 100) AS n FROM strict", 395),
    ],
)
def test_an_insert_that_violates_a_rule_of_the_table_is_refused(
    warehouse: Warehouse, rule: str, code: int
) -> None:
    for name in ("strict", "copies"):
        warehouse.command(f"CREATE TABLE {name} (n UInt64) ENGINE = MergeTree ORDER BY n")
    warehouse.command(rule)
    try:
        warehouse.insert("strict", {"n": [1, 2]})
        with pytest.raises(WarehouseRefused) as raised:
            warehouse.insert("strict", {"n": [3, 101]})
        assert raised.value.code == code
        assert "http" not in str(raised.value)
    finally:
        for name in ("strict_view", "strict", "copies"):
            warehouse.command(f"DROP TABLE IF EXISTS {name} SYNC")


def test_inserted_values_are_freed_without_the_garbage_collector(warehouse: Warehouse) -> None:
    value = UUID(int=7)
    freed = weakref.ref(value)
    gc.disable()
    try:
        warehouse.insert("event_contents", {"event_id": [value]})
        del value
        assert freed() is None
    finally:
        gc.enable()
