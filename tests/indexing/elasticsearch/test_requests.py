"""How many requests a search sends to the cluster."""

import logging
import secrets
from collections.abc import Iterator

import pytest

from indexing.elasticsearch.engine import ElasticsearchEngine
from indexing.page import Matched
from tests.indexing.builders import product
from tests.indexing.shop import Shop

pytestmark = pytest.mark.elasticsearch


@pytest.fixture(scope="module")
def shop(elasticsearch_url: str) -> Iterator[Shop]:
    engine = ElasticsearchEngine(url=elasticsearch_url, prefix=f"test-{secrets.token_hex(4)}")
    red = [product(number, f"Red wool dress number {number}") for number in range(1, 60)]
    opened = Shop.opened(engine, *red, product(99, "Brass lantern", description="Made by bax."))
    opened.learn()
    yield opened
    engine.destroy()
    engine.close()


@pytest.mark.parametrize(
    ("text", "requests"),
    [
        pytest.param("red dress", 1, id="known words"),
        pytest.param("brass dress", 1, id="words that few products have together"),
        pytest.param("red drses", 2, id="a misspelt word, which the engine is asked for first"),
        pytest.param("qwzxvk", 1, id="an unknown word without neighbours"),
    ],
)
def test_a_search_sends_one_request_and_one_more_before_a_correction(
    shop: Shop, text: str, requests: int, caplog: pytest.LogCaptureFixture
) -> None:
    shop.ids("warm up")
    caplog.set_level(logging.INFO, logger="elastic_transport.transport")

    shop.page(text)

    sent = [each.getMessage() for each in caplog.records if "_msearch" in each.getMessage()]
    assert len(sent) == requests, sent


def test_a_reading_with_more_products_than_the_lexicon_lets_expect_is_fetched_whole(
    shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    shop.put(product(200, "Copper lantern number 200", brand="Bax"))
    shop.learn()
    shop.put(*(product(number, f"Copper lantern number {number}", brand="Bax") for number in range(201, 260)))
    caplog.set_level(logging.INFO, logger="elastic_transport.transport")

    page = shop.page("copper lantern")

    sent = [each.getMessage() for each in caplog.records if "_msearch" in each.getMessage()]
    assert (len(sent), page.matched, page.count, len(page.hits)) == (2, Matched.ALL, 60, 20)
    assert page.facets is not None
    assert [(each.value, each.count) for each in page.facets.brands] == [("Bax", 60)]
