"""How many requests a search sends to the cluster."""

import secrets
from collections.abc import Iterator
from typing import Any

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


@pytest.fixture
def sent(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The targets of the searches that are sent during the test."""
    assert isinstance(shop.engine, ElasticsearchEngine)
    (node,) = shop.engine._client.transport.node_pool.all()
    perform, targets = node.perform_request, []

    def recording(method: str, target: str, **options: Any) -> Any:
        if target == "/_msearch":
            targets.append(target)
        return perform(method, target, **options)

    monkeypatch.setattr(node, "perform_request", recording)
    return targets


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
    shop: Shop, text: str, requests: int, sent: list[str]
) -> None:
    shop.ids("warm up")
    sent.clear()

    shop.page(text)

    assert len(sent) == requests, sent


def test_a_reading_with_more_products_than_the_lexicon_lets_expect_is_fetched_whole(
    shop: Shop, sent: list[str]
) -> None:
    shop.put(product(200, "Copper lantern number 200", brand="Bax"))
    shop.learn()
    shop.put(*(product(number, f"Copper lantern number {number}", brand="Bax") for number in range(201, 260)))
    sent.clear()

    page = shop.page("copper lantern")

    assert (len(sent), page.matched, page.count, len(page.hits)) == (2, Matched.ALL, 60, 20)
    assert page.facets is not None
    assert [(each.value, each.count) for each in page.facets.brands] == [("Bax", 60)]
