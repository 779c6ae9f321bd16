"""What health says about search."""

import pytest
from django.utils import timezone

from backend.search import health
from backend.search.rebuilding import build
from indexing.engine import IndexMissing, SearchEngine
from tests.backend.shop import SYSTEM, product

pytestmark = pytest.mark.django_db(transaction=True)


def test_health_names_the_generation_and_how_far_it_is_behind(shop_engine: SearchEngine) -> None:
    product()
    built = build(shop_engine, clock=timezone.now, by=SYSTEM)
    product()

    facts = health.check()

    assert (facts["engine"], facts["generation"]) == (shop_engine.name, built.name)
    assert facts["products"] == 1
    assert facts["lag_messages"] > 0  # type: ignore[operator]


def test_without_an_index_search_is_not_well(folder_engine: SearchEngine) -> None:
    with pytest.raises(IndexMissing):
        health.check()
