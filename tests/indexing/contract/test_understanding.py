"""What is understood of a query holds for every hit, on both engines."""

from collections.abc import Sequence
from decimal import Decimal

import pytest

from indexing.engine import SearchEngine
from indexing.page import SearchPage
from tests.indexing.builders import product
from tests.indexing.shop import Shop, ids_of

PRODUCTS = (
    product(1, "Studio headphones with mic", price="400"),
    product(2, "Studio headphones", price="700", description="Works with any mic."),
    product(3, "Studio headphones, no mic", price="300"),
    product(4, "Bluetooth Wi-Fi headphones", price="450"),
    product(5, "Stand mixer, red", price="900"),
    product(6, "Stand for a mixer", price="200"),
    product(7, "Best friend necklace", price="100"),
)


@pytest.fixture(scope="module")
def audio(engine: SearchEngine) -> Shop:
    shop = Shop.opened(engine, *PRODUCTS)
    shop.learn()
    return shop


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("headphones under 450", [1, 3, 4]),
        ("headphones over 460", [2]),
        ("headphones 350 to 450", [1, 4]),
        ("headphones without mic", [2, 3, 4]),
        ("headphones -bluetooth -mic", [2, 3]),
        ("headphones -wifi", [1, 2, 3]),
        ('headphones -"studio headphones"', [4]),
        ('"stand mixer"', [5]),
        ("best headphones", [1, 2, 3, 4]),
        ("best friend", [7]),
        ("under 150", [7]),
        ("-bluetooth", [4]),
    ],
)
def test_every_hit_satisfies_what_was_understood(audio: Shop, query: str, found: Sequence[int]) -> None:
    assert sorted(audio.ids(query)) == found


def test_a_page_says_how_its_query_was_understood(audio: Shop) -> None:
    page = audio.page("best hedphones under 600 without mic")

    assert page.understood.max_price == Decimal(600)
    assert page.understood.excluded == ("mic",)
    assert page.understood.optional == ("best",)
    assert page.corrected_text == "headphones best under 600 without mic"
    assert sorted(ids_of(page)) == [3, 4]


def test_filters_of_the_request_take_precedence_over_prices_in_the_text(audio: Shop) -> None:
    page = audio.page("headphones under 450", min_price=Decimal(500))

    assert (ids_of(page), page.understood.max_price) == ([2], None)


def test_a_price_in_the_text_does_not_restrict_the_facet_of_prices(audio: Shop) -> None:
    def counted(page: SearchPage) -> int:
        assert page.facets is not None
        return sum(each.count for each in page.facets.prices)

    understood = audio.page("headphones under 450")

    assert counted(understood) == counted(audio.page("headphones")) == 4
    assert understood.facets == audio.page("headphones", max_price=Decimal(450)).facets


def test_a_literal_search_understands_nothing(audio: Shop) -> None:
    page = audio.page("stand -mixer under 300", literal=True)

    assert set(ids_of(page)) == {5, 6}
    assert page.understood.max_price is None
