"""Suggested products, on both engines."""

from decimal import Decimal

import pytest

from indexing.document import SuggestedProduct
from indexing.engine import SearchEngine
from indexing.ranking import RankingOptions
from indexing.suggestions.typed import Typed
from tests.indexing.builders import category, product
from tests.indexing.shop import Shop
from tests.services.waiting import wait_until


@pytest.fixture(scope="module")
def shop(engine: SearchEngine) -> Shop:
    opened = Shop.opened(
        engine,
        product(1, "Christmas tree lights", categories=category("Christmas > Lights"), price="8.50"),
        product(2, "Christmas tree star", brand="Chrome & Co", popularity=5),
        product(3, "Set of 3 christmas cards", brand="Chrome & Co", popularity=90),
        product(4, "Chopping board", description="Not for christmas", popularity=500),
    )
    opened.learn()
    return opened


def suggested(shop: Shop, text: str, *, limit: int = 10) -> list[int]:
    return [each.id for each in shop.engine.suggest_products(Typed.of(text), limit=limit)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("chr", [3, 2, 1]),
        ("tree chr", [2, 1]),
        ("christmas ", [3, 2, 1]),
        ("christmas ca", [3]),
        ("chrome", [3, 2]),
        ("christmas x", []),
        ("chr.*", [3, 2, 1]),
        ("boar", [4]),
    ],
)
def test_products_with_the_typed_words_are_suggested_best_sellers_first(
    shop: Shop, typed: str, found: list[int]
) -> None:
    assert suggested(shop, typed) == found


@pytest.mark.parametrize(
    ("typed", "found"),
    [("chris", {1, 2, 3, 4}), ("christmas li", {1}), ("star chr", {2}), ("choppi", {4}), ("zzz", set())],
)
def test_a_search_that_is_typed_takes_the_last_word_for_a_beginning(
    shop: Shop, typed: str, found: set[int]
) -> None:
    strict = RankingOptions(relax_below=1)
    shop.learn()
    wait_until(lambda: shop.ids("choppi", is_typed=True, ranking=strict) == [4], what="the lexicon is loaded")

    page = shop.page(typed, is_typed=True, ranking=strict)

    assert {hit.product.id for hit in page.hits} == found
    assert page.corrected_text is None


def test_a_suggested_product_has_price_and_pictures(engine: SearchEngine) -> None:
    lamp = product(7, "Brass lamp", price="19.99", image_urls=("https://example.org/a.jpg",), brand="Lumen")
    Shop.opened(engine, lamp)

    (found,) = engine.suggest_products(Typed.of("la"), limit=3)

    assert isinstance(found, SuggestedProduct)
    assert (found.sale_price, found.currency, found.image_url) == (lamp.sale_price, "GBP", lamp.image_url)
    assert (found.title, found.slug, found.brand) == (lamp.title, lamp.slug, lamp.brand)


def test_equally_good_products_are_suggested_in_the_order_of_their_ids(engine: SearchEngine) -> None:
    others = [product(number, "Ocarina") for number in (9, 4, 7, 2, 5)]
    shop = Shop.opened(engine, product(8, "Ocarina", popularity=9), *others)

    assert [suggested(shop, "oca", limit=limit) for limit in (1, 3, 9)] == [
        [8],
        [8, 2, 4],
        [8, 2, 4, 5, 7, 9],
    ]


def test_a_beginning_of_many_words_finds_the_products_with_any_of_them(engine: SearchEngine) -> None:
    others = [product(number, f"Lamp q{number}") for number in range(100, 0, -1)]
    shop = Shop.opened(engine, product(101, "Lamp q101", popularity=9), *others)

    assert suggested(shop, "lamp q", limit=3) == [101, 1, 2]
    assert suggested(shop, "lamp q", limit=200) == [101, *range(1, 101)]
    assert suggested(shop, "shade q") == []


def test_changes_are_suggested_at_once_for_a_text_that_was_typed_before(engine: SearchEngine) -> None:
    shop = Shop.opened(engine, product(1, "Ocarina"), product(2, "Ocarina, large"))
    assert suggested(shop, "oca") == [1, 2]

    shop.put(product(2, "Ocarina, large", price="3.00"), version=2)
    shop.delete(1, version=2)

    (found,) = engine.suggest_products(Typed.of("oca"), limit=10)
    assert (found.id, found.price) == (2, Decimal("3.00"))
