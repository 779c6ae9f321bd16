"""The health check of search."""

import pytest
from django.utils import timezone

from backend.search import health
from backend.search.rebuilding import build
from indexing.engine import SearchEngine
from indexing.errors import IndexMissing
from indexing.schema import EARLIEST_VERSION, VERSION
from indexing.settings import SearchSettings
from tests.backend.shop import SYSTEM, product
from tests.indexing.schemas import create_tantivy

pytestmark = pytest.mark.django_db(transaction=True)


def test_health_names_the_serving_generation_and_its_lag(shop_engine: SearchEngine) -> None:
    product()
    built = build(shop_engine, clock=timezone.now, by=SYSTEM)
    product()

    facts = health.check()

    assert (facts["engine"], facts["generation"]) == (shop_engine.name, built.name)
    assert facts["products"] == 1
    assert facts["lag_messages"] > 0  # type: ignore[operator]


def test_without_an_index_search_is_unhealthy(folder_engine: SearchEngine) -> None:
    with pytest.raises(IndexMissing):
        health.check()


def test_health_names_the_previous_schema_version_and_the_remedy(folder_engine: SearchEngine) -> None:
    home = SearchSettings.from_env().home
    create_tantivy(home, version=EARLIEST_VERSION, now=timezone.now())

    facts = health.check()

    assert facts["schema_version"] == EARLIEST_VERSION
    assert facts["remedy"] == "python manage.py rebuild_index"
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    assert health.check()["schema_version"] == VERSION
    assert "remedy" not in health.check()
