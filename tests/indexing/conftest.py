"""Fixtures that run a test on both engines."""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import SearchEngine
from indexing.tantivy.engine import TantivyEngine
from tests.indexing.encoder.tiny import write_tiny_encoder
from tests.indexing.shop import Shop

ENGINES = [
    pytest.param("tantivy", id="tantivy"),
    pytest.param("elasticsearch", id="elasticsearch", marks=pytest.mark.elasticsearch),
]


@pytest.fixture(params=ENGINES, scope="module")
def engine_name(request: pytest.FixtureRequest) -> str:
    """The name of the engine under test."""
    name: str = request.param
    return name


@pytest.fixture(scope="module")
def open_engine(
    engine_name: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[..., SearchEngine]]:
    """A function that opens another engine on the same generations, as another process would."""
    if engine_name == "tantivy":
        home = tmp_path_factory.mktemp("search")
        yield lambda **options: TantivyEngine(home, **options)
        return
    url, prefix = request.getfixturevalue("elasticsearch_url"), f"test-{secrets.token_hex(4)}"
    yield lambda **options: ElasticsearchEngine(url=url, prefix=prefix, **options)
    last = ElasticsearchEngine(url=url, prefix=prefix)
    last.destroy()
    last.close()


@pytest.fixture(scope="module")
def engine(open_engine: Callable[[], SearchEngine]) -> Iterator[SearchEngine]:
    """An engine for reading and writing."""
    opened = open_engine()
    yield opened
    opened.close()


@pytest.fixture
def shop(engine: SearchEngine) -> Shop:
    """An empty generation that serves."""
    return Shop.opened(engine)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[TantivyEngine]:
    """A tantivy engine whose folder only this test uses."""
    engine = TantivyEngine(tmp_path)
    yield engine
    engine.close()


@pytest.fixture(scope="session")
def tiny_encoder_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a tiny encoder, which tests don't change."""
    return write_tiny_encoder(tmp_path_factory.mktemp("encoder") / "tiny")
