"""Fixtures of the shop's search engine, on tantivy and on Elasticsearch."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connection
from django.utils import timezone

from backend.catalog.subscribers import CategoryFanOut
from backend.engines.index import engine
from backend.outbox.relay import Relay
from backend.search.rebuilding import index_subscribers
from indexing.engine import Role, SearchEngine
from tests.services.waiting import wait_until

ENGINES = [
    pytest.param("tantivy", id="tantivy"),
    pytest.param("elasticsearch", id="elasticsearch", marks=pytest.mark.elasticsearch),
]


@pytest.fixture(params=ENGINES)
def shop_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[SearchEngine]:
    """The search engine of this process, without any generation of the index."""
    monkeypatch.setenv("VITRINE_SEARCH_ENGINE", request.param)
    if request.param == "elasticsearch":
        monkeypatch.setenv("ELASTICSEARCH_URL", request.getfixturevalue("elasticsearch_url"))
    yield from _opened()


@pytest.fixture
def folder_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[SearchEngine]:
    """The search engine on tantivy only, for tests that don't depend on the engine."""
    monkeypatch.setenv("VITRINE_SEARCH_ENGINE", "tantivy")
    yield from _opened()


@pytest.fixture
def relay(shop_engine: SearchEngine) -> Iterator[SearchEngine]:
    """A running relay whose subscribers are those of categories and the generations of the index."""
    stopping = threading.Event()

    def work() -> None:
        Relay(lambda: [CategoryFanOut(), *index_subscribers(shop_engine, clock=timezone.now)]).run(stopping)
        connection.close()

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        wait_until(lambda: any(each.role is Role.SERVING for each in shop_engine.generations()))
        yield shop_engine
    finally:
        stopping.set()
        thread.join(60)
    assert not thread.is_alive()


def _opened() -> Iterator[SearchEngine]:
    engine.cache_clear()
    opened = engine()
    opened.destroy()
    yield opened
    opened.destroy()
    opened.close()
    engine.cache_clear()
