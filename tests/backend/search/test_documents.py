"""The documents of django-elasticsearch-dsl."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from elasticsearch.dsl import connections

from backend.search.rebuilding import build
from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.encoder.model import OnnxEncoder
from indexing.request import SearchRequest
from indexing.schema import CURRENT
from indexing.settings import SearchSettings
from tests.backend.shop import SYSTEM, product
from tests.indexing.encoder.tiny import write_tiny_encoder

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.elasticsearch]


@pytest.fixture
def engine(elasticsearch_url: str) -> Iterator[ElasticsearchEngine]:
    """The shop's engine, and the library's connection to it."""
    opened = ElasticsearchEngine(url=elasticsearch_url, prefix=SearchSettings.from_env().prefix)
    opened.destroy()
    connections.create_connection("default", hosts=elasticsearch_url)
    yield opened
    connections.get_connection("default").close()
    connections.remove_connection("default")
    opened.destroy()
    opened.close()


def test_a_document_written_through_the_library_can_be_read_back_completely(
    engine: ElasticsearchEngine,
) -> None:
    from backend.search.documents import ProductIndex

    index: Any = ProductIndex
    built = build(engine, clock=timezone.now, by=SYSTEM)
    lamp = product("Brass lantern", price="20.00")

    index().update(lamp, refresh=True)

    stored = engine.stored(built.name, [lamp.pk])[lamp.pk]
    assert stored.document.title == "Brass lantern"
    assert stored.document.variants[0].available == 10
    lanterns = index.search().query("match", title_terms=CURRENT.analysis.term("lanterns"))
    assert [row.pk for row in lanterns.to_queryset()] == [lamp.pk]


def test_a_document_written_through_the_library_keeps_its_vector(
    engine: ElasticsearchEngine, elasticsearch_url: str, tmp_path: Path
) -> None:
    from backend.search.documents import ProductIndex

    sofa, *_ = [product(title) for title in ("Couch", "Kettle", "Lamp", "Table")]
    encoder = OnnxEncoder(write_tiny_encoder(tmp_path))
    prefix = SearchSettings.from_env().prefix
    hybrid = ElasticsearchEngine(url=elasticsearch_url, prefix=prefix, encoder=encoder)
    built = build(hybrid, clock=timezone.now, by=SYSTEM)

    index: Any = ProductIndex
    index().update(sofa, refresh=True)

    (hit,) = hybrid.search(SearchRequest(text="sofa")).hits
    assert (hit.product.id, built.encoder) == (sofa.pk, encoder.identity)
    hybrid.close()
