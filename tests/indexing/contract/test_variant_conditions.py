"""Attributes, price and availability are conditions on one variant; every count equals a brute-force one."""

import random
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from typing import Any

import pytest

from indexing.document import ProductDocument
from indexing.engine import SearchEngine
from indexing.facets import NO_FACETS, Facets
from indexing.filters import Filters
from indexing.page import SearchPage
from indexing.request import SearchRequest, Sort
from tests.indexing import brute_force
from tests.indexing.brute_force import Wanted, same
from tests.indexing.builders import category, product, variant
from tests.indexing.shop import Shop, ids_of
from tests.services.waiting import wait_until

BRANDS = ("Acme", "ACME", "acme ", "Lumen", "")
CATEGORIES = ("Clothing > Shirts", "Clothing > Ties", "Home")
COLOURS = ("Red", "red", "RED", "Blue", "blue  sky", "green")
PRICES = ("0.50", "4.99", "5.00", "12.00", "49.99", "50.00", "500.00", "900.00")
CURRENCIES = ("GBP", "JPY", "EUR")
ROUNDS = 40


def random_product(number: int, rng: random.Random) -> ProductDocument:
    def choices() -> dict[str, Any]:
        size = rng.choice(("size", "Size")), rng.choice(("S", "M", "m", "L"))
        some = [size, ("colour", rng.choice(COLOURS)), ("fit", rng.choice(("slim", "wide")))]
        return dict(rng.sample(some, rng.randint(0, 3)))

    variants = tuple(
        variant(
            number * 10 + place,
            available=rng.choice((0, 4)),
            price=Decimal(rng.choice(PRICES)),
            **choices(),
        )
        for place in range(rng.choice((0, 1, 2, 3, 3)))
    )
    common = [("material", rng.choice(("cotton", "Brass"))), ("Colour", rng.choice(COLOURS))]
    return product(
        number,
        f"Thing {number}",
        categories=category(rng.choice(CATEGORIES)),
        brand=rng.choice(BRANDS),
        price=rng.choice(PRICES),
        currency=rng.choices(CURRENCIES, weights=(6, 2, 1))[0],
        attributes=dict(rng.sample(common, rng.randint(0, 2))),
        variants=variants,
    )


def random_conditions(rng: random.Random) -> Wanted:
    attributes = {
        "size": rng.sample(("s", "M", "L", "XL"), rng.randint(1, 2)),
        "COLOUR": rng.sample(("RED", "blue", "Blue Sky", "green"), rng.randint(1, 2)),
        "fit": ["Slim"],
        "material": ["brass", "cotton"],
    }
    low, high = sorted((Decimal(rng.choice(PRICES)), Decimal(rng.choice(PRICES))))
    return Wanted(
        brands=rng.choice(((), (), ("acme",), ("Lumen", "Unknown"))),
        category=rng.choice((None, None, "Clothing", "Clothing > Ties")),
        currency=rng.choice((None, None, "GBP", "JPY", "USD")),
        min_price=rng.choice((None, low)),
        max_price=rng.choice((None, high)),
        in_stock=rng.choice((None, True, False)),
        attributes=dict(rng.sample(sorted(attributes.items()), rng.randint(0, 3))),
    )


CONDITIONS = [Wanted(), *map(random_conditions, [random.Random(5)] * ROUNDS)]


@dataclass(frozen=True)
class Catalogue:
    """A shop and its products."""

    shop: Shop
    products: Sequence[ProductDocument]

    def page(self, wanted: Wanted, **options: Any) -> SearchPage:
        """Search with these conditions."""
        given = {name: value for name, value in asdict(wanted).items() if value}
        given["attributes"] = {name: tuple(each) for name, each in (wanted.attributes or {}).items()}
        filters = Filters(**given | {"in_stock": wanted.in_stock})
        request = SearchRequest(filters=filters, currency="GBP", page_size=200, **options)
        return self.shop.engine.search(request)

    def facets(self, wanted: Wanted) -> Facets:
        """Return the facets of a search with these conditions."""
        found = self.page(wanted).facets
        assert found is not None
        return found

    def count(self, wanted: Wanted) -> int:
        """Return how many products a search must find."""
        return len(self.expected(wanted))

    def expected(self, wanted: Wanted) -> list[ProductDocument]:
        """Return the products that a search must find: if prices are compared, in the shop's currency."""
        compares = wanted.min_price is not None or wanted.max_price is not None
        currency = wanted.currency or ("GBP" if compares else None)
        return brute_force.found(self.products, replace(wanted, currency=currency))


@pytest.fixture(scope="module", params=(3, 11))
def catalogue(engine: SearchEngine, request: pytest.FixtureRequest) -> Catalogue:
    rng = random.Random(request.param)
    products = [random_product(number, rng) for number in range(1, 111)]
    shop = Shop.opened(engine)
    # Some products change and one disappears after they were first searched.
    shop.put(*(random_product(each.id, rng) for each in products[:40]), product(999, "Gone"))
    engine.search(SearchRequest())
    shop.delete(999, version=2)
    shop.put(*products, version=2)
    opened = Catalogue(shop, products)
    # Processes read once a second which currencies the products have.
    priced = replace(Wanted(), max_price=Decimal(1_000_000))
    wait_until(lambda: opened.page(priced, facets=NO_FACETS).count == opened.count(priced))
    return opened


def test_a_product_is_found_if_one_variant_satisfies_all_conditions(catalogue: Catalogue) -> None:
    for wanted in CONDITIONS:
        expected = {each.id for each in catalogue.expected(wanted)}
        assert set(ids_of(catalogue.page(wanted, facets=NO_FACETS))) == expected, wanted
    assert len({catalogue.count(each) for each in CONDITIONS}) > 5


@pytest.mark.parametrize("sort", [Sort.PRICE_LOW, Sort.PRICE_HIGH])
def test_products_are_sorted_by_the_price_that_is_shown(catalogue: Catalogue, sort: Sort) -> None:
    for conditions in CONDITIONS:
        wanted = replace(conditions, currency=conditions.currency or "GBP")
        page = catalogue.page(wanted, sort=sort, facets=NO_FACETS)
        prices = {each.id: brute_force.shown_price(each, wanted) for each in catalogue.expected(wanted)}
        sign = 1 if sort is Sort.PRICE_LOW else -1
        assert ids_of(page) == sorted(prices, key=lambda each: (sign * prices[each], each)), wanted
        for hit in page.hits:
            assert (hit.variant or hit.product).sale_price == prices[hit.product.id], wanted


def test_brands_are_counted_without_case(catalogue: Catalogue) -> None:
    for wanted in CONDITIONS:
        counted = {same(each.value): each.count for each in catalogue.facets(wanted).brands}
        for brand in {same(each) for each in (*BRANDS, *wanted.brands)} - {""}:
            assert counted.get(brand, 0) == catalogue.count(replace(wanted, brands=(brand,))), (wanted, brand)


def test_attributes_are_counted_by_matching_variants(catalogue: Catalogue) -> None:
    known = brute_force.attributes(catalogue.products)
    for wanted in CONDITIONS:
        counted = {
            (same(facet.name), same(bucket.value)): bucket.count
            for facet in catalogue.facets(wanted).attributes
            for bucket in facet.buckets
        }
        given = {same(name): values for name, values in (wanted.attributes or {}).items()}
        for name, value in known:
            expected = catalogue.count(replace(wanted, attributes=given | {name: [value]}))
            assert counted.get((name, value), 0) == expected, (wanted, name, value)


def test_prices_are_counted_by_matching_variants_in_one_currency(catalogue: Catalogue) -> None:
    for wanted in CONDITIONS:
        rest = replace(wanted, min_price=None, max_price=None, currency=wanted.currency or "GBP")
        buckets = catalogue.facets(wanted).prices
        for bucket in buckets:
            assert bucket.minimum is not None
            assert bucket.maximum is not None
            below = bucket.maximum - Decimal("0.0001")
            expected = catalogue.count(replace(rest, min_price=bucket.minimum, max_price=below))
            assert bucket.count == expected > 0, (wanted, bucket)
        if not buckets:
            assert not catalogue.count(rest)
            continue
        within = replace(rest, min_price=buckets[0].minimum, max_price=buckets[-1].maximum)
        assert catalogue.count(rest) == catalogue.count(within), wanted


def test_currencies_and_stock_are_counted(catalogue: Catalogue) -> None:
    for wanted in CONDITIONS:
        facets = catalogue.facets(wanted)
        counted = {each.value: each.count for each in facets.currencies}
        for currency in CURRENCIES:
            expected = catalogue.count(replace(wanted, currency=currency))
            assert counted.get(currency, 0) == expected, (wanted, currency)
        assert facets.in_stock == catalogue.count(replace(wanted, in_stock=True)), wanted
