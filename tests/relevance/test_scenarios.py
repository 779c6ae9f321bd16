"""Scenarios: each test is one expectation of a merchandiser."""

import pytest

from indexing.engine import SearchEngine
from indexing.request import Sort
from tests.indexing.shop import Shop
from tests.relevance.catalogue import CATALOGUE


@pytest.fixture(scope="module")
def shop(engine: SearchEngine) -> Shop:
    opened = Shop.opened(engine, *CATALOGUE)
    opened.learn()
    return opened


def test_christmas_lights_come_first_and_red_bags_are_not_found(shop: Shop) -> None:
    found = shop.ids("christmas lights")

    assert set(found[:2]) == {1, 2}
    assert 12 not in found


def test_a_bestseller_that_only_shares_a_word_does_not_come_first(shop: Shop) -> None:
    assert shop.ids("heart wicker")[:2] in ([6, 7], [7, 6])
    assert shop.ids("wicker heart")[:2] in ([6, 7], [7, 6])


def test_a_mistyped_lunch_box_finds_lunch_boxes_first(shop: Shop) -> None:
    found = shop.ids("lunch bax")

    assert set(found[:2]) == {10, 11}
    assert 13 not in found[:3]


@pytest.mark.parametrize(
    ("query", "product_id"),
    [
        ("chrismas tree", 3),
        ("iphnoe", 15),
        ("wineglass", 25),
        ("retrspot", 12),
        ("runing shos", 22),
        ("cafe creme", 30),
        ("womens boot", 26),
        ("note book", 32),
        ("tlight holder", 5),
    ],
)
def test_a_product_is_found_in_other_spellings(shop: Shop, query: str, product_id: int) -> None:
    assert product_id in shop.ids(query)[:2]


def test_a_phones_name_finds_the_phone_and_its_case_first(shop: Shop) -> None:
    assert set(shop.ids("iphone 15")[:2]) == {15, 16}


def test_a_search_for_a_phone_case_finds_the_case_first(shop: Shop) -> None:
    assert shop.ids("iphone case")[0] == 16


def test_a_brand_finds_its_products(shop: Shop) -> None:
    assert shop.ids("fairphone")[0] == 18
    assert set(shop.ids("casey")) == {16, 17}


def test_dress_finds_dresses_first_and_dress_shoes_finds_shoes(shop: Shop) -> None:
    assert set(shop.ids("dress")[:2]) == {19, 20}
    assert shop.ids("dress shoes")[0] == 21


def test_a_wine_rack_comes_before_a_glass_that_fits_on_a_rack(shop: Shop) -> None:
    assert shop.ids("wine rack")[:2] == [24, 25]


def test_a_lamp_in_stock_comes_before_one_that_is_sold_out(shop: Shop) -> None:
    found = shop.ids("table lamp")

    assert found.index(28) < found.index(27)
    assert {27, 28} == set(found[:2])


def test_a_match_in_the_title_ranks_above_one_in_the_description(shop: Shop) -> None:
    found = shop.ids("lamp")

    assert found.index(28) < found.index(31)
    assert found.index(27) < found.index(31)


def test_a_category_can_be_searched_by_its_name(shop: Shop) -> None:
    assert {4, 5, 27, 28} <= set(shop.ids("lighting"))


def test_size_and_colour_must_match_on_one_variant(shop: Shop) -> None:
    assert shop.ids("dress", attributes={"size": ("M",), "colour": ("red",)}) == [19]
    assert shop.ids("dress", attributes={"size": ("L",), "colour": ("red",)}) == []


def test_a_search_sorted_by_price_contains_only_full_matches(shop: Shop) -> None:
    assert shop.ids("dress shoes", sort=Sort.PRICE_LOW) == [21]
    assert shop.ids("christmas lights", sort=Sort.PRICE_LOW) == [1, 2]


def test_an_empty_search_shows_best_sellers_first(shop: Shop) -> None:
    assert shop.ids()[:3] == [13, 5, 12]


def test_nonsense_finds_nothing(shop: Shop) -> None:
    assert shop.ids("qwzxv") == []
