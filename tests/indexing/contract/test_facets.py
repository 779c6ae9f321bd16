"""The count of a bucket is the number of products that remain when its value is selected as well."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from indexing.buckets import Bucket, CategoryBucket
from indexing.document import ProductDocument, VariantDocument
from indexing.engine import SearchEngine
from indexing.facets import NO_FACETS, Facets
from indexing.filters import Filters
from indexing.request import SearchRequest
from tests.indexing.builders import category, product, variant
from tests.indexing.shop import Shop

CATEGORIES = ("Clothing > Shirts", "Clothing > Ties", "Clothing", "Home > Light > Lamps", "Home")
BRANDS = ("Acme", "Lumen", "")
SIZES, COLOURS, MATERIALS = ("S", "M", "L"), ("red", "blue", "green"), ("cotton", "brass")


def random_product(number: int, rng: random.Random) -> ProductDocument:
    def choices() -> dict[str, Any]:
        return dict(
            rng.sample([("size", rng.choice(SIZES)), ("colour", rng.choice(COLOURS))], rng.randint(0, 2))
        )

    variants = tuple(
        variant(number * 10 + place, available=rng.choice((0, 4)), **choices())
        for place in range(rng.randint(0, 4))
    )
    common = [("material", rng.choice(MATERIALS)), ("colour", rng.choice(COLOURS))]
    return product(
        number,
        f"Thing {number}",
        categories=category(rng.choice(CATEGORIES)),
        brand=rng.choice(BRANDS),
        price=rng.choice(("0.50", "4.99", "5.00", "12.00", "49.99", "50.00", "700.00")),
        rating_average=rng.choice((None, Decimal("1.00"), Decimal("3.99"), Decimal("4.00"), Decimal("4.80"))),
        attributes=dict(rng.sample(common, rng.randint(0, 2))),
        variants=variants,
    )  # fmt: skip


@pytest.fixture(scope="module")
def shop(engine: SearchEngine) -> Shop:
    rng = random.Random(7)
    return Shop.opened(engine, *(random_product(number, rng) for number in range(1, 121)))


SELECTIONS = [
    Filters(),
    Filters(brands=("Acme",)),
    Filters(category="Clothing", in_stock=True),
    Filters(attributes={"size": ("M",)}),
    Filters(attributes={"size": ("M", "L"), "colour": ("red",)}),
    Filters(attributes={"size": ("M",), "colour": ("red", "blue"), "material": ("cotton",)}, in_stock=True),
    Filters(attributes={"colour": ("green",)}, brands=("Lumen", "Acme"), max_price=Decimal(50)),
    Filters(min_rating=4, min_price=Decimal(5), max_price=Decimal(50)),
    Filters(brands=("Unknown",), attributes={"size": ("XS",)}),
]


@pytest.fixture(params=SELECTIONS, ids=range(len(SELECTIONS)))
def selected(request: pytest.FixtureRequest) -> Filters:
    filters: Filters = request.param
    return filters


def facets(shop: Shop, selected: Filters) -> Facets:
    found = shop.engine.search(SearchRequest(filters=selected)).facets
    assert found is not None
    return found


def count(shop: Shop, filters: Filters) -> int:
    return shop.engine.search(SearchRequest(filters=filters, facets=NO_FACETS)).count


def every_category(buckets: tuple[CategoryBucket, ...]) -> Iterator[CategoryBucket]:
    for bucket in buckets:
        yield bucket
        yield from every_category(bucket.children)


def test_a_brands_count_is_that_of_a_search_for_this_brand(shop: Shop, selected: Filters) -> None:
    counted = {bucket.value: bucket.count for bucket in facets(shop, selected).brands}

    for brand in {*BRANDS, *selected.brands} - {""}:
        assert counted.get(brand, 0) == count(shop, replace(selected, brands=(brand,)))


def test_a_categorys_count_includes_the_products_of_its_descendants(shop: Shop, selected: Filters) -> None:
    buckets = list(every_category(facets(shop, selected).categories))

    assert len(buckets) == len({bucket.path for bucket in buckets})
    for bucket in buckets:
        assert bucket.count == count(shop, replace(selected, category=bucket.path)) > 0


def test_an_attribute_values_count_is_that_of_a_search_for_it(shop: Shop, selected: Filters) -> None:
    counted = {facet.name: _counts(facet.buckets) for facet in facets(shop, selected).attributes}

    for name, values in (("size", SIZES), ("colour", COLOURS), ("material", MATERIALS)):
        for value in values:
            narrowed = replace(selected, attributes={**selected.attributes, name: (value,)})
            assert counted.get(name, {}).get(value, 0) == count(shop, narrowed), (name, value)


def test_price_ranges_count_every_product_once(shop: Shop, selected: Filters) -> None:
    buckets = facets(shop, selected).prices

    assert sum(bucket.count for bucket in buckets) == count(
        shop, replace(selected, min_price=None, max_price=None)
    )
    for bucket in buckets:
        below = bucket.maximum and bucket.maximum - Decimal("0.01")
        assert bucket.count == count(shop, replace(selected, min_price=bucket.minimum, max_price=below))


def test_a_ratings_count_includes_better_rated_products(shop: Shop, selected: Filters) -> None:
    for bucket in facets(shop, selected).ratings:
        assert bucket.count == count(shop, replace(selected, min_rating=bucket.minimum))


def test_the_stock_facet_counts_products_in_stock(shop: Shop, selected: Filters) -> None:
    assert facets(shop, selected).in_stock == count(shop, replace(selected, in_stock=True))


def test_a_selected_value_is_shown_even_with_no_products(shop: Shop) -> None:
    found = facets(shop, SELECTIONS[-1])

    assert [bucket for bucket in found.brands if bucket.selected] == [Bucket("Unknown", 0, selected=True)]
    (size,) = (facet for facet in found.attributes if facet.name == "size")
    assert Bucket("XS", 0, selected=True) in size.buckets


def test_categories_form_a_tree(shop: Shop) -> None:
    roots = facets(shop, Filters(category="Lamps")).categories

    assert {root.path for root in roots} == {"Clothing", "Home"}
    home = next(root for root in roots if root.name == "Home")
    (light,) = home.children
    (lamps,) = light.children
    assert (lamps.path, lamps.selected, lamps.slug) == ("Home > Light > Lamps", True, "home-light-lamps")


def test_facets_count_the_products_of_the_query(shop: Shop) -> None:
    page = shop.engine.search(SearchRequest(text="thing 7"))

    assert page.facets is not None
    assert sum(bucket.count for bucket in page.facets.prices) == page.count


@pytest.mark.parametrize("name", ["brand", "brands", "price", "category", "in_stock", "rating"])
def test_an_attribute_may_have_the_name_of_a_filter(engine: SearchEngine, name: str) -> None:
    shop = Shop.opened(
        engine,
        product(1, brand="Acme", price="5.00", variants=(with_attribute(11, name, "x"),)),
        product(2, brand="Lumen", price="50.00", variants=(with_attribute(21, name, "x"),)),
        product(3, brand="Acme", price="5.00", variants=(with_attribute(31, name, "y"),)),
    )
    filters = Filters(brands=("Acme",), max_price=Decimal(10), in_stock=True, attributes={name: ("x",)})

    (found,) = facets(shop, filters).attributes

    assert _counts(found.buckets) == {"x": 1, "y": 1}
    assert count(shop, filters) == 1


def with_attribute(number: int, name: str, value: str) -> VariantDocument:
    return msgspec.structs.replace(variant(number), attributes={name: value})


def _counts(buckets: tuple[Bucket, ...]) -> Mapping[str, int]:
    return {bucket.value: bucket.count for bucket in buckets}
