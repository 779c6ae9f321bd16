"""What query rules and synonyms change about a search, on both engines."""

from decimal import Decimal

import pytest

from indexing.engine import SearchEngine
from indexing.filters import Filters
from indexing.request import Sort
from indexing.rules.actions import Boost, Pin
from indexing.rules.synonyms import Synonyms, SynonymSet
from tests.indexing.builders import product, variant
from tests.indexing.shop import Shop, ids_of
from tests.services.waiting import wait_until

LAMPS = range(1, 13)
VASE, SOLD_OUT_VASE, UNKNOWN = 50, 51, 99


@pytest.fixture(scope="module")
def lamps(engine: SearchEngine) -> Shop:
    """Twelve lamps, which a search ranks by id, and two vases."""
    return Shop.opened(
        engine,
        *(product(each, "Lamp", brand="Acme" if each % 2 else "Folk", price=f"{each}.00") for each in LAMPS),
        product(VASE, "Vase", brand="Acme", price="20.00"),
        product(SOLD_OUT_VASE, "Vase", brand="Folk", variants=(variant(1, available=0),)),
    )


@pytest.fixture
def shop(lamps: Shop) -> Shop:
    """The lamps, which serve."""
    lamps.engine.swap(lamps.generation)
    return lamps


@pytest.mark.parametrize(
    ("pins", "expected"),
    [
        pytest.param([Pin(7, 1)], [7, 1, 2, 3], id="a product that matches moves"),
        pytest.param([Pin(VASE, 2)], [1, VASE, 2, 3], id="a product that doesn't match is added"),
        pytest.param([Pin(UNKNOWN, 1), Pin(7, 2)], [1, 7, 2, 3], id="an unlisted product leaves no gap"),
        pytest.param([Pin(7, 1), Pin(8, 1), Pin(9, 2)], [7, 8, 9, 1], id="a taken position moves the next"),
        pytest.param([Pin(9, 3), Pin(7, 1)], [7, 1, 9, 2], id="in any order"),
    ],
)
def test_a_pinned_product_is_at_its_position(shop: Shop, pins: list[Pin], expected: list[int]) -> None:
    assert shop.ids("lamp", pinned=tuple(pins), page_size=4) == expected


@pytest.mark.parametrize("page_size", [1, 3, 5, 13, 20])
@pytest.mark.parametrize("text", ["lamp", ""])
def test_pages_with_pinned_products_are_disjoint_and_complete(shop: Shop, page_size: int, text: str) -> None:
    pins = (Pin(11, 1), Pin(VASE, 4), Pin(UNKNOWN, 5), Pin(3, 6), Pin(2, 6), Pin(8, 999))
    whole = shop.page(text, pinned=pins, page_size=50)

    pages = [
        shop.page(text, pinned=pins, page=number, page_size=page_size)
        for number in range(1, -(-whole.count // page_size) + 1)
    ]

    assert [each for page in pages for each in ids_of(page)] == ids_of(whole)
    assert {page.count for page in pages} == {whole.count} == {len(set(ids_of(whole)))}
    assert whole.count == len(LAMPS) + (1 if text else 2)
    placed = [(place, hit.product.id) for place, hit in enumerate(whole.hits, start=1) if hit.pinned]
    assert placed == [(1, 11), (4, VASE), (6, 3), (7, 2), (whole.count, 8)]


def test_a_pinned_product_passes_the_filters_and_is_counted_by_facets(shop: Shop) -> None:
    pins = (Pin(VASE, 1), Pin(2, 2), Pin(SOLD_OUT_VASE, 3))

    found = shop.page("lamp", pinned=pins, brands=("Acme",), in_stock=True)

    assert ids_of(found)[:2] == [VASE, 1]
    assert found.count == 7
    assert found.facets is not None
    assert {bucket.value: bucket.count for bucket in found.facets.brands} == {"Acme": 7, "Folk": 6}


@pytest.mark.parametrize("sort", [Sort.PRICE_HIGH, Sort.NEWEST])
def test_other_orders_have_no_pinned_products(shop: Shop, sort: Sort) -> None:
    assert shop.ids("lamp", pinned=(Pin(1, 1), Pin(VASE, 2)), sort=sort) == sorted(LAMPS, reverse=True)


def test_pinned_products_alone_do_not_keep_a_search_from_finding_others(shop: Shop) -> None:
    pinned = (Pin(VASE, 1),)
    assert shop.ids("lamp unknownword", pinned=pinned)[:2] == [VASE, 1]


@pytest.mark.parametrize("text", ["lamp", ""])
@pytest.mark.parametrize("sort", list(Sort))
def test_hidden_products_are_neither_found_nor_counted(shop: Shop, text: str, sort: Sort) -> None:
    hidden = (1, 2, 12)

    found = shop.page(text, hidden=hidden, sort=sort, page_size=50, pinned=(Pin(2, 1), Pin(3, 1)))

    assert not {*hidden} & {*ids_of(found)}
    assert found.count == len(found.hits) == len(LAMPS) - 3 + (0 if text else 2)
    assert found.facets is not None
    assert sum(bucket.count for bucket in found.facets.brands) == found.count


@pytest.mark.parametrize(
    ("boosts", "expected"),
    [
        pytest.param([("Folk", 2.0)], [2, 4, 6], id="promoted"),
        pytest.param([("Acme", 0.5)], [2, 4, 6], id="demoted"),
        pytest.param([("Folk", 2.0), ("Acme", 3.0)], [1, 3, 5], id="the greater factor"),
        pytest.param([("Folk", 2.0), ("Folk", 2.0), ("Acme", 3.0)], [2, 4, 6], id="factors multiply"),
        pytest.param([("Unknown", 9.0)], [1, 2, 3], id="no product passes"),
    ],
)
def test_boosts_multiply_the_scores_of_products_that_pass_their_filters(
    shop: Shop, boosts: list[tuple[str, float]], expected: list[int]
) -> None:
    applied = tuple(Boost(Filters(brands=(brand,)), factor) for brand, factor in boosts)

    assert shop.ids("lamp", boosts=applied, page_size=3) == expected


def test_a_boost_multiplies_the_score_exactly(shop: Shop) -> None:
    plain = {hit.product.id: hit.score for hit in shop.page("lamp").hits}

    boosts = (Boost(Filters(brands=("Folk",)), 1.5), Boost(Filters(max_price=Decimal(4)), 2.0))
    boosted = {hit.product.id: hit.score for hit in shop.page("lamp", boosts=boosts).hits}

    factors = {each: (1 if each % 2 else 1.5) * (2 if each <= 4 else 1) for each in LAMPS}
    assert boosted == pytest.approx({each: plain[each] * factors[each] for each in LAMPS}, rel=1e-3)


def test_restrictions_narrow_all_facets_and_are_combined_with_filters(shop: Shop) -> None:
    only = (Filters(brands=("Acme",)), Filters(min_price=Decimal(3)))

    found = shop.page("lamp", restrictions=only, brands=("Acme", "Folk"), max_price=Decimal(9))

    assert ids_of(found) == [3, 5, 7, 9]
    assert found.facets is not None
    assert {(bucket.value, bucket.count) for bucket in found.facets.brands} == {("Acme", 4), ("Folk", 0)}
    assert shop.ids("lamp", restrictions=(Filters(brands=("Folk",)),), brands=("Acme",)) == []


def test_limits_of_prices_in_rules_are_in_the_currency_of_the_search(engine: SearchEngine) -> None:
    prices = {1: ("5.00", "EUR"), 2: ("500", "JPY"), 3: ("600.00", "EUR"), 4: ("7.00", "EUR")}
    shop = Shop.opened(
        engine,
        *(product(number, "Lamp", price=price, currency=code) for number, (price, code) in prices.items()),
    )
    dear, cheap = Filters(min_price=Decimal(400)), Filters(max_price=Decimal(6))

    # Elasticsearch looks for new currencies once a second.
    wait_until(lambda: shop.ids("lamp", currency="EUR", restrictions=(dear,)) == [3])
    assert shop.ids("lamp", currency="EUR", restrictions=(dear.replaced(currency="jpy"),)) == [2]
    assert shop.ids("lamp", currency="EUR", boosts=(Boost(dear, 9.0), Boost(cheap, 3.0)))[:2] == [3, 1]


@pytest.fixture(scope="module")
def named_furniture(engine: SearchEngine) -> Shop:
    """Furniture whose names differ."""
    titles = {
        1: "Red sofa",
        2: "Red couch",
        3: "Red chest of drawers",
        4: "Red dresser",
        5: "Chest with red drawers",
        6: "Red settee",
        7: "Cell phone stand",
        8: "Smartphone stand",
    }
    return Shop.opened(engine, *(product(number, title) for number, title in titles.items()))


@pytest.fixture
def furniture(named_furniture: Shop) -> Shop:
    """The furniture, which serves."""
    named_furniture.engine.swap(named_furniture.generation)
    return named_furniture


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        pytest.param("red sofa", {1, 2}, id="two-way"),
        pytest.param("red couch", {1, 2, 6}, id="sets are merged but not chained"),
        pytest.param("dresser", {3, 4}, id="a word for several, in their order"),
        pytest.param("chest of drawers", {3, 4, 5}, id="several words for one, without stop words"),
        pytest.param("smartphone stand", {7, 8}, id="one-way from its source"),
        pytest.param("cell phone stand", {7}, id="one-way isn't reversed"),
        pytest.param("davenport", {1}, id="a word that no product contains"),
    ],
)
def test_synonyms_find_what_they_stand_for(furniture: Shop, query: str, expected: set[int]) -> None:
    synonyms = Synonyms.of(
        [
            SynonymSet(("sofa", "couch")),
            SynonymSet(("couch", "settee")),
            SynonymSet(("chest of drawers", "Dresser")),
            SynonymSet(("cell phone",), source="smartphone"),
            SynonymSet(("sofa",), source="davenport"),
        ]
    )

    found = furniture.page(query, synonyms=synonyms, sort=Sort.PRICE_LOW)

    assert set(ids_of(found)) == expected
    assert found.corrected_text is None


def test_products_with_the_typed_word_rank_before_those_with_a_synonym(furniture: Shop) -> None:
    synonyms = Synonyms.of([SynonymSet(("sofa", "couch"))])

    assert furniture.ids("sofa", synonyms=synonyms) == [1, 2]
    assert furniture.ids("couch", synonyms=synonyms) == [2, 1]
