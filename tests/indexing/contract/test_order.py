"""Sorting."""

from decimal import Decimal
from typing import Any

import pytest

from indexing.engine import SearchEngine
from indexing.request import Sort
from tests.indexing.builders import product
from tests.indexing.shop import Shop


def rated(average: str, count: int, score: str) -> dict[str, Any]:
    return {"rating_average": Decimal(average), "rating_count": count, "rating_score": Decimal(score)}


PRODUCTS = (
    product(1, "Lamp", price="5.00", popularity=3, **rated("4.50", 2, "3.6667")),
    product(2, "Lamp", price="5.00", popularity=9, **rated("4.50", 8, "3.9444")),
    product(3, "Lamp", price="1.00", popularity=3),
    product(4, "Lamp", price="9.00", popularity=1, **rated("5.00", 1, "3.6364")),
)


@pytest.fixture(scope="module")
def shop(engine: SearchEngine) -> Shop:
    return Shop.opened(engine, *PRODUCTS)


@pytest.mark.parametrize("text", ["", "lamp"])
@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.PRICE_LOW, [3, 1, 2, 4]),
        (Sort.PRICE_HIGH, [4, 1, 2, 3]),
        (Sort.POPULARITY, [2, 1, 3, 4]),
        (Sort.RATING, [2, 1, 4, 3]),
        (Sort.NEWEST, [4, 3, 2, 1]),
    ],
)
def test_hits_are_in_the_requested_order(shop: Shop, text: str, sort: Sort, expected: list[int]) -> None:
    assert shop.ids(text, sort=sort) == expected


def test_without_a_query_the_most_popular_products_come_first(shop: Shop) -> None:
    assert shop.ids() == [2, 3, 1, 4]


def test_a_page_past_the_end_is_empty_with_the_total_count(shop: Shop) -> None:
    page = shop.page("lamp", page=9)

    assert (page.hits, page.count) == ((), 4)
