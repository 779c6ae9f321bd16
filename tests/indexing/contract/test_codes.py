"""Products are found by their SKUs, barcodes and model numbers: whole, by the beginning and by parts."""

from typing import Any

import pytest
from msgspec.structs import replace

from indexing.document import ProductDocument
from indexing.engine import SearchEngine
from tests.indexing.builders import product, variant
from tests.indexing.shop import Shop


def sold(number: int, title: str, *, sku: str = "", **fields: Any) -> ProductDocument:
    return product(
        number, title, variants=(replace(variant(number), sku=sku or f"SKU-{number}00"),), **fields
    )


PRODUCTS = (
    sold(1, "Sony WH-1000XM4 Headphones", brand="Sony", attributes={"EAN": "4006381333931"}),
    sold(2, "Blue shirt for men", sku="MYN-10017413"),
    sold(3, "Headphones for men", description="More than 10017413 of them.", popularity=9_000),
    sold(4, "Case for Sony WH1000XM4 headphones and WH-1000XM3"),
    sold(5, "Galaxy Note 3 case, 1000 pieces", sku="1000", attributes={"Model": "B0BRKXTSBT"}),
    sold(6, "Cotton dress", sku="10005555-RED/XL"),
)


@pytest.fixture(scope="module")
def shop(engine: SearchEngine) -> Shop:
    return Shop.opened(engine, *PRODUCTS)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        # A SKU in any writing; nothing else is listed, and nothing is corrected.
        ("MYN-10017413", [2]),
        ("myn10017413", [2]),
        ("Myn 10017413", [2]),
        ("MYN_1001-7413", [2]),
        ("SKU-600", []),
        ("SKU-100", [1]),
        ("sku 400", [4]),
        # Its beginning and its parts.
        ("MYN-1001", [2]),
        ("myn1", [2]),
        ("10005555", [6]),
        ("red/xl", []),
        # A barcode, and model numbers of attributes.
        ("4006381333931", [1]),
        ("B0BRKXTSBT", [5]),
        ("b0brk", [5]),
        # What is no code of the shop is neither corrected nor relaxed.
        ("MYN-99999999", []),
        ("B0BRKXTSBU", []),
    ],
)
def test_a_query_of_a_code_finds_the_products_that_have_it(shop: Shop, query: str, found: list[int]) -> None:
    page = shop.page(query)

    assert [hit.product.id for hit in page.hits] == found
    assert page.corrected_text is None


def test_whole_codes_rank_before_parts_and_words(shop: Shop) -> None:
    assert shop.ids("WH-1000XM4")[:2] == shop.ids("wh 1000xm4")[:2] == [1, 4]
    assert shop.ids("10017413") == [2, 3]
    assert shop.ids("1000")[0] == 5


def test_a_query_of_a_code_and_words_lists_the_products_with_the_code_first(shop: Shop) -> None:
    for query in ("shirt MYN-10017413", "MYN 10017413 headphones", "men 10017413"):
        page = shop.page(query)
        assert page.hits[0].product.id == 2, query
        assert page.corrected_text is None
    assert shop.ids("sony wh1000xm4 headphones")[:2] == [1, 4]


def test_numbers_beside_words_are_not_compared_with_codes(shop: Shop) -> None:
    assert shop.ids("note 3 1000 pieces")[0] == 5
    assert shop.ids("1000 dress")[0] == 6
