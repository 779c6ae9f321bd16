"""Lexicons are built with the index, and refreshed when it has changed."""

import pytest
from django.utils import timezone

from backend.search.projection import project
from backend.search.rebuilding import build
from backend.search.tasks import refresh_lexicons
from indexing.engine import SearchEngine
from indexing.request import SearchRequest
from indexing.settings import SearchSettings
from indexing.tantivy.lexicons import FILE
from tests.backend.shop import SYSTEM, product

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def serving(folder_engine: SearchEngine) -> SearchEngine:
    product("Brass lantern")
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    return folder_engine


def corrected(engine: SearchEngine, text: str) -> str | None:
    return engine.search(SearchRequest(text=text)).corrected_text


def test_a_built_index_has_its_lexicon(serving: SearchEngine) -> None:
    assert corrected(serving, "brass lanturn") == "brass lantern"
    assert refresh_lexicons() == 0


def test_new_products_are_added_to_the_lexicon(serving: SearchEngine) -> None:
    added = product("Garden chair")
    serving.write(serving.serving().name, project([added.pk]), now=timezone.now())
    assert corrected(serving, "gardn") is None

    assert refresh_lexicons() == 1

    assert corrected(serving, "gardn") == "garden"
    assert refresh_lexicons() == 0
    assert refresh_lexicons(all_of_them=True) == 1


def test_a_lexicon_that_cannot_be_stored_or_read_is_no_failure(serving: SearchEngine) -> None:
    path = SearchSettings.from_env().home / serving.serving().name / FILE
    path.unlink()
    path.mkdir()

    assert refresh_lexicons(all_of_them=True) == 0
    assert corrected(serving, "brass lanturn") == "brass lantern"
