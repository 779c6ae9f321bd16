"""An unreachable cluster, and documents that a cluster refuses."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from elasticsearch import BadRequestError, Elasticsearch, NotFoundError

from indexing.elasticsearch.client import SEARCH_SECONDS, Deadline, connect
from indexing.elasticsearch.documents import products_by_id
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.engine import PutDocument, SearchEngine
from indexing.errors import DocumentRefused, IndexCorrupt, SearchEngineUnavailable, UnsupportedSchema
from indexing.request import SearchRequest
from indexing.schema import EARLIEST_VERSION
from indexing.suggestions.typed import Typed
from tests.indexing.builders import NOW, product
from tests.indexing.schemas import frozen
from tests.indexing.shop import Shop

PREFIX = "test-cluster"


@pytest.fixture
def engine(elasticsearch_url: str) -> Iterator[ElasticsearchEngine]:
    """An engine on a real cluster."""
    opened = ElasticsearchEngine(url=elasticsearch_url, prefix=f"{PREFIX}-{datetime.now(UTC):%H%M%S%f}")
    yield opened
    opened.destroy()
    opened.close()


@pytest.fixture
def unreachable() -> Iterator[SearchEngine]:
    """An engine whose cluster cannot be reached."""
    opened = ElasticsearchEngine(url="http://127.0.0.1:9", prefix=PREFIX)
    yield opened
    opened.close()


def test_a_cluster_that_cannot_be_reached_is_unavailable(unreachable: SearchEngine) -> None:
    for call in (
        lambda: unreachable.search(SearchRequest(text="lamp")),
        lambda: unreachable.suggest_products(Typed.of("lam"), limit=3),
        unreachable.ping,
        unreachable.generations,
        lambda: unreachable.write("any", [PutDocument(product(1), 1)], now=NOW),
    ):
        with pytest.raises(SearchEngineUnavailable, match="elasticsearch is unavailable"):
            call()


@pytest.mark.elasticsearch
def test_products_of_a_dropped_index_are_not_found(
    engine: ElasticsearchEngine, elasticsearch_url: str
) -> None:
    shop = Shop.opened(engine, product(1), product(2))
    client, deadline = connect(elasticsearch_url), Deadline(SEARCH_SECONDS)

    found = products_by_id(client, shop.generation, [2, 3, 1], deadline=deadline)
    assert [(key, each.id) for key, each in found.items()] == [(2, 2), (1, 1)]
    with pytest.raises(NotFoundError):
        products_by_id(client, f"{shop.generation}-dropped", [1], deadline=deadline)
    client.close()


@pytest.mark.elasticsearch
def test_a_document_that_the_cluster_refuses_is_named(engine: ElasticsearchEngine) -> None:
    shop = Shop.opened(engine)

    with pytest.raises(DocumentRefused) as error:
        engine.write(shop.generation, [PutDocument(product(7, popularity=2**70), 1)], now=NOW)
    assert error.value.product_id == "7"
    assert "popularity" in error.value.reason


@pytest.mark.elasticsearch
def test_an_index_of_another_version_must_be_rebuilt(
    engine: ElasticsearchEngine, elasticsearch_url: str
) -> None:
    shop = Shop.opened(engine)
    with Elasticsearch(elasticsearch_url) as client:
        client.indices.put_mapping(index=shop.generation, meta={"version": 0, "created_at": NOW.isoformat()})
    other = ElasticsearchEngine(url=elasticsearch_url, prefix=shop.generation.partition("-products-")[0])

    with pytest.raises(UnsupportedSchema, match="version 0") as error:
        other.search(SearchRequest())
    assert "rebuild_index" in error.value.remedy
    other.close()


@pytest.mark.elasticsearch
def test_a_write_in_the_fields_of_the_previous_version_is_refused(
    engine: ElasticsearchEngine, elasticsearch_url: str
) -> None:
    """After the swap, a relay of the previous release must not store prices in the previous unit."""
    shop = Shop.opened(engine)

    with Elasticsearch(elasticsearch_url) as client, pytest.raises(BadRequestError, match="strict"):
        client.index(index=shop.generation, id="7", document=frozen(f"document-{EARLIEST_VERSION}"))
    assert engine.count(shop.generation) == 0


@pytest.mark.elasticsearch
@pytest.mark.parametrize("source", [{"id": 2}, {"id": 2, "document": {"id": 2}}])
def test_a_document_that_another_program_wrote_is_named(
    engine: ElasticsearchEngine, elasticsearch_url: str, source: dict[str, object]
) -> None:
    shop = Shop.opened(engine, product(1))
    with Elasticsearch(elasticsearch_url) as client:
        client.index(index=shop.generation, id="2", document=source)

    assert set(engine.stored(shop.generation, [1])) == {1}
    with pytest.raises(IndexCorrupt, match="product 2: "):
        engine.stored(shop.generation, [1, 2])
