"""Filters."""

from decimal import Decimal
from typing import Any

import pytest

from indexing.engine import SearchEngine
from indexing.mapping import category_token
from tests.indexing.builders import category, product, variant
from tests.indexing.shop import Shop

RED_M = variant(1, size="M", colour="red")
BLUE_L = variant(2, size="L", colour="blue")
RED_L_SOLD_OUT = variant(3, size="L", colour="red", available=0)
PRODUCTS = (
    product(1, "Shirt", categories=category("Clothing > Shirts"), brand="Acme", price="10.00",
            variants=(RED_M, BLUE_L, RED_L_SOLD_OUT), attributes={"material": "cotton"}, flash_sale=True),
    product(2, "Tie", categories=category("Clothing > Ties"), brand="ACME & Sons", price="19.99",
            variants=(variant(21, colour="red", available=0),), rating_average=Decimal("4.50"), seller_id=2),
    product(3, "Lamp", categories=category("Home > Lighting"), brand="Lumen", price="20.00",
            attributes={"colour": "red", "material": "brass"}, rating_average=Decimal("3.99"),
            best_seller_product=True),
    product(4, "Mug", price="99.00", rating_average=Decimal("5.00"), featured_product=True, variants=()),
    product(5, "Scarf", brand="acme", attributes={"colour": "red"},
            variants=(variant(51, size="M"), variant(52, size="L", colour="blue"))),
)  # fmt: skip


@pytest.fixture(scope="module")
def shop(engine: SearchEngine) -> Shop:
    return Shop.opened(engine, *PRODUCTS)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"category": "Clothing"}, [1, 2]),
        ({"category": "clothing-shirts"}, [1]),
        ({"category": "home > lighting"}, [3]),
        ({"category": "Nowhere"}, []),
        ({"category_tokens": (category_token(path="Clothing", slug="clothing"),)}, [1, 2]),
        ({"category_tokens": (category_token(path="clothing", slug="clothing"),)}, []),
        (
            {
                "category": "Lighting",
                "category_tokens": (category_token(path="Home > Lighting", slug="home-lighting"),),
            },
            [3],
        ),
        ({"brands": ("Acme",)}, [1, 5]),
        ({"brands": ("acme & sons", "LUMEN")}, [2, 3]),
        ({"seller_id": 2}, [2]),
        ({"min_price": Decimal("19.99"), "max_price": Decimal("20.00")}, [2, 3]),
        ({"max_price": Decimal("19.98")}, [1, 5]),
        ({"min_price": Decimal("20.01")}, [4]),
        ({"min_rating": 4.0}, [2, 4]),
        ({"min_rating": 4.5}, [2, 4]),
        ({"in_stock": True}, [1, 3, 5]),
        ({"in_stock": False}, [2, 4]),
        ({"flash_sale": True}, [1]),
        ({"flash_sale": False}, [2, 3, 4, 5]),
        ({"best_seller_product": True}, [3]),
        ({"featured_product": True}, [4]),
        ({"brands": ("Acme",), "flash_sale": True}, [1]),
    ],
)
def test_a_filter_leaves_only_matching_products(
    shop: Shop, filters: dict[str, Any], expected: list[int]
) -> None:
    page = shop.page(page_size=50, **filters)

    assert sorted(hit.product.id for hit in page.hits) == expected
    assert page.count == len(expected)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"size": ("M",)}, [1, 5]),
        ({"size": ("M", "L")}, [1, 5]),
        ({"colour": ("red",)}, [1, 2, 3, 5]),
        ({"colour": ("blue",)}, [1, 5]),
        ({"material": ("cotton", "brass")}, [1, 3]),
        ({"size": ("M",), "colour": ("red",)}, [1, 5]),
        ({"size": ("M",), "colour": ("blue",)}, []),
        ({"size": ("L",), "colour": ("blue",)}, [1, 5]),
        ({"size": ("L",), "colour": ("red",), "material": ("cotton",)}, [1]),
        ({"colour": ("red",), "material": ("brass",)}, [3]),
        ({"size": ("XXL",)}, []),
        ({"length": ("M",)}, []),
    ],
)
def test_one_variant_must_have_all_attributes(
    shop: Shop, attributes: dict[str, tuple[str, ...]], expected: list[int]
) -> None:
    assert sorted(shop.ids(attributes=attributes)) == expected


def test_the_variant_with_the_attributes_must_be_the_one_in_stock(shop: Shop) -> None:
    red_l = {"size": ("L",), "colour": ("red",)}

    assert shop.ids(attributes=red_l) == [1]
    assert shop.ids(attributes=red_l, in_stock=True) == []
    assert sorted(shop.ids(attributes={"size": ("L",)}, in_stock=True)) == [1, 5]


def test_variants_inherit_attributes_that_they_do_not_set(shop: Shop) -> None:
    assert shop.ids(attributes={"size": ("M",), "colour": ("red",)}, brands=("acme",), flash_sale=False) == [
        5
    ]
    assert shop.ids(attributes={"size": ("L",), "colour": ("red",)}, flash_sale=False) == []
