"""Writes to a cluster that is too busy for them."""

import json
import secrets
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
import urllib3

from indexing.elasticsearch import writing
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import PutDocument
from indexing.errors import SearchEngineUnavailable
from tests.indexing.builders import NOW, product
from tests.indexing.shop import Shop

PRODUCTS = 40
BUSY = {"type": "es_rejected_execution_exception", "reason": "the queue is full"}

pytestmark = pytest.mark.elasticsearch


class BusyCluster(BaseHTTPRequestHandler):
    """Passes requests on to the cluster at `url`, except that it refuses the first bulk requests."""

    url: ClassVar[str]
    refusals: ClassVar[Iterator[Callable[["BusyCluster", bytes], None]]]
    lock: ClassVar[threading.Lock] = threading.Lock()
    protocol_version = "HTTP/1.1"

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        refuse = None
        if "/_bulk" in self.path:
            with self.lock:
                refuse = next(self.refusals, None)
        if refuse is None:
            self.respond(*self.passed_on(body))
        else:
            refuse(self, body)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = handle_any  # noqa: N815 (names that the base class calls)

    def passed_on(self, body: bytes) -> tuple[int, bytes]:
        headers = {name: self.headers[name] for name in ("Content-Type", "Accept") if name in self.headers}
        found = urllib3.request(self.command, self.url + self.path, body=body, headers=headers)
        return found.status, found.data

    def respond(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


def refuse_the_request(cluster: BusyCluster, body: bytes) -> None:
    cluster.respond(429, json.dumps({"error": BUSY, "status": 429}).encode())


def refuse_the_last_document(cluster: BusyCluster, body: bytes) -> None:
    *others, action, _ = body.splitlines()
    status, response = cluster.passed_on(b"\n".join(others) + b"\n")
    found = json.loads(response)
    refused = {"_id": json.loads(action)["index"]["_id"], "status": 429, "error": BUSY}
    found |= {"errors": True, "items": [*found["items"], {"index": refused}]}
    cluster.respond(status, json.dumps(found).encode())


@pytest.fixture
def engine(elasticsearch_url: str) -> Iterator[ElasticsearchEngine]:
    BusyCluster.url = elasticsearch_url
    BusyCluster.refusals = iter(())
    with ThreadingHTTPServer(("127.0.0.1", 0), BusyCluster) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{server.server_port}"
        opened = ElasticsearchEngine(url=url, prefix=f"test-busy-{secrets.token_hex(4)}")
        yield opened
        opened.destroy()
        opened.close()
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("refuse", [refuse_the_request, refuse_the_last_document])
def test_what_a_busy_cluster_refuses_is_sent_again(
    engine: ElasticsearchEngine,
    refuse: Callable[[BusyCluster, bytes], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(writing, "MAX_DOCUMENTS", 10)
    monkeypatch.setattr(writing, "FIRST_WAIT_SECONDS", 0.01)
    shop = Shop.opened(engine)
    BusyCluster.refusals = iter([refuse] * 6)

    written = [PutDocument(product(number), 2) for number in range(1, PRODUCTS + 1)]
    result = engine.write(shop.generation, written, now=NOW)

    assert (result.applied, result.stale) == (PRODUCTS, 0)
    assert engine.stored(shop.generation, range(1, PRODUCTS + 1)).keys() == set(range(1, PRODUCTS + 1))
    assert engine.write(shop.generation, written, now=NOW).stale == PRODUCTS


def test_a_cluster_that_stays_too_busy_is_unavailable(
    engine: ElasticsearchEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writing, "WRITE_SECONDS", 0.05)
    shop = Shop.opened(engine)
    BusyCluster.refusals = iter([refuse_the_request] * 1_000)

    with pytest.raises(SearchEngineUnavailable, match="too busy"):
        engine.write(shop.generation, [PutDocument(product(1), 2)], now=NOW)
    BusyCluster.refusals = iter(())
