"""Fixtures of the shop's search engine, on tantivy and on Elasticsearch."""

from collections.abc import Iterator

import pytest

from backend.engines.index import engine
from indexing.engine import SearchEngine

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


def _opened() -> Iterator[SearchEngine]:
    engine.cache_clear()
    opened = engine()
    opened.destroy()
    yield opened
    opened.destroy()
    opened.close()
    engine.cache_clear()
