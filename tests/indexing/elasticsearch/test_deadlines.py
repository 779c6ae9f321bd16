"""Searches, suggestions and health checks end within seconds when the cluster hangs."""

import secrets
import socket
import time
from collections.abc import Callable, Iterator

import pytest

from indexing.elasticsearch.client import SEARCH_SECONDS, Deadline, connect
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import SearchEngine
from indexing.errors import SearchEngineUnavailable
from indexing.request import SearchRequest
from indexing.suggestions.typed import Typed
from tests.indexing.builders import product
from tests.indexing.shop import Shop
from tests.services import processes

WITHIN_SECONDS = 3.0

READS: dict[str, Callable[[SearchEngine], object]] = {
    "a search": lambda engine: engine.search(SearchRequest(text="lantern")),
    "a search that corrects words": lambda engine: engine.search(SearchRequest(text="brass lanturn")),
    "browsing": lambda engine: engine.search(SearchRequest()),
    "suggestions": lambda engine: engine.suggest_products(Typed.of("lan"), limit=3),
    "a health check": lambda engine: engine.ping(),
    "the generation that serves": lambda engine: engine.serving(),
    "the list of generations": lambda engine: engine.generations(),
}


@pytest.fixture(scope="module")
def proxy(elasticsearch_url: str) -> Iterator[tuple[str, int]]:
    """The URL and the process id of a proxy to the cluster."""
    with processes.proxy(elasticsearch_url) as running:
        yield running


@pytest.fixture
def engine(proxy: tuple[str, int]) -> Iterator[ElasticsearchEngine]:
    url, _ = proxy
    opened = ElasticsearchEngine(url=url, prefix=f"test-hanging-{secrets.token_hex(4)}")
    Shop.opened(opened, product(1, "Brass lantern"))
    yield opened
    opened.destroy()
    opened.close()


def seconds_to_fail(call: Callable[[], object]) -> float:
    begun = time.monotonic()
    with pytest.raises(SearchEngineUnavailable) as error:
        call()
    assert "can be reached" in error.value.remedy
    return time.monotonic() - begun


@pytest.mark.elasticsearch
@pytest.mark.parametrize("read", READS.values(), ids=READS.keys())
def test_a_read_from_a_cluster_that_hangs_fails_within_seconds(
    engine: ElasticsearchEngine, proxy: tuple[str, int], read: Callable[[SearchEngine], object]
) -> None:
    _, pid = proxy
    read(engine)

    with processes.stopped(pid):
        assert seconds_to_fail(lambda: read(engine)) < WITHIN_SECONDS

    read(engine)


def test_the_requests_of_one_operation_share_a_deadline() -> None:
    deadline, client = Deadline(0.0), connect("http://127.0.0.1:9")

    with pytest.raises(SearchEngineUnavailable, match="within 0 seconds"):
        deadline.on(client)
    client.close()


def test_a_request_that_timed_out_is_not_repeated() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        engine = ElasticsearchEngine(url=f"http://127.0.0.1:{port}", prefix="test-silent")

        assert SEARCH_SECONDS <= seconds_to_fail(engine.ping) < WITHIN_SECONDS
        engine.close()
