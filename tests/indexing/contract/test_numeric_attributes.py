"""Limits of attributes hold for one variant, and the counts of ranges equal brute-force ones."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import pytest

from indexing.buckets import NumberBucket
from indexing.document import ProductDocument
from indexing.elasticsearch import number_facets
from indexing.engine import SearchEngine
from indexing.facet_search import FacetSearch
from indexing.facets import ALL_FACETS, NO_FACETS
from indexing.filters import Filters
from indexing.numeric import NumberLimits, NumericAttribute
from indexing.page import SearchPage
from indexing.request import SearchRequest
from indexing.rules.actions import Boost
from tests.indexing import brute_force
from tests.indexing.brute_force import Wanted, own, same
from tests.indexing.builders import product, variant
from tests.indexing.shop import Shop, ids_of

WEIGHTS = {
    "500g": "0.5",
    "0.5 KG": "0.5",
    "1 kg": "1",
    "1.5 kg": "1.5",
    "2,000 g": "2",
    "3": "3",
    "12kg": "12",
}
"""With their kilograms."""
OTHERS = ("heavy", "2 litres", "about 5 kg")
PIECES = ("6", "12", "24", "48", "100", "-1", "many")
NUMERIC = (NumericAttribute("weight", "kg"), NumericAttribute("Pieces"))
FACETS = replace(ALL_FACETS, numeric=NUMERIC)
ROUNDS = 25


def number_of(name: str, value: str) -> Decimal | None:
    if name == "weight":
        kilograms = {same(each): number for each, number in WEIGHTS.items()}.get(same(value))
        return None if kilograms is None else Decimal(kilograms)
    return Decimal(value) if value.lstrip("-").isdigit() else None


def random_product(number: int, rng: random.Random, *, spread: bool) -> ProductDocument:
    def attributes() -> dict[str, str]:
        weight = rng.choice(("weight", "Weight")), rng.choice((*WEIGHTS, *OTHERS))
        return dict(rng.sample([weight, ("colour", rng.choice(("red", "blue")))], rng.randint(0, 2)))

    places = range(rng.choice((0, 1, 2, 3)) if spread else 1)
    price, available = Decimal(rng.choice((5, 10, 20))), rng.choice((0, 4))
    return product(
        number,
        f"Thing {number}",
        attributes={"pieces": rng.choice(PIECES)} if rng.random() < 0.8 else {},
        variants=tuple(
            variant(number * 10 + place, available=available, price=price * (place + 1), **attributes())
            for place in places
        ),
    )


@dataclass(frozen=True)
class Conditions:
    """Limits by name, and other filters."""

    limits: dict[str, tuple[Decimal | None, Decimal | None]]
    others: Wanted


def random_conditions(rng: random.Random) -> Conditions:
    def limits(numbers: Sequence[str]) -> tuple[Decimal | None, Decimal | None]:
        low, high = sorted(map(Decimal, rng.choices(numbers, k=2)))
        return rng.choice(((low, high), (low, None), (None, high)))

    given = {"weight": limits([*WEIGHTS.values(), "0.7"]), "pieces": limits(("-1", "6", "20", "100", "500"))}
    names = rng.sample(sorted(given), rng.randint(0, 2))
    return Conditions(
        {name: given[name] for name in names},
        Wanted(
            max_price=rng.choice((None, Decimal(10))),
            in_stock=rng.choice((None, True)),
            attributes=rng.choice(({}, {}, {"colour": ["RED"]}, {"weight": ["500g", "heavy", "1 kg"]})),
        ),
    )


CONDITIONS = [Conditions({}, Wanted()), *map(random_conditions, [random.Random(8)] * ROUNDS)]


@dataclass(frozen=True)
class Catalogue:
    """A shop and its products."""

    shop: Shop
    products: Sequence[ProductDocument]

    def request(self, wanted: Conditions) -> SearchRequest:
        units = {each.name_key: each.unit for each in NUMERIC}
        others = wanted.others
        filters = Filters(
            max_price=others.max_price,
            in_stock=others.in_stock,
            attributes={name: tuple(each) for name, each in (others.attributes or {}).items()},
            attribute_limits={name: NumberLimits(units[name], *each) for name, each in wanted.limits.items()},
        )
        return SearchRequest(filters=filters, facets=FACETS, page_size=200)

    def page(self, wanted: Conditions) -> SearchPage:
        return self.shop.engine.search(self.request(wanted))

    def expected(self, wanted: Conditions) -> set[int]:
        """Return the products of which one variant is within all limits and satisfies the other conditions."""
        return {
            each.id
            for each in self.products
            if any(
                all(
                    _is_within(own(each, one).get(name), name, limit) for name, limit in wanted.limits.items()
                )
                for one in brute_force.matching(each, wanted.others)
            )
        }


def _is_within(value: str | None, name: str, limits: tuple[Decimal | None, Decimal | None]) -> bool:
    number = None if value is None else number_of(name, value)
    low, high = limits
    return number is not None and (low is None or number >= low) and (high is None or number <= high)


@pytest.fixture(scope="module", params=[True, False], ids=["several values", "one value"])
def catalogue(engine: SearchEngine, request: pytest.FixtureRequest) -> Catalogue:
    rng = random.Random(2)
    products = [random_product(number, rng, spread=request.param) for number in range(1, 91)]
    return Catalogue(Shop.opened(engine, *products), products)


def test_one_variant_is_within_the_limits(catalogue: Catalogue) -> None:
    for wanted in CONDITIONS:
        page = catalogue.page(wanted)
        assert set(ids_of(page)) == catalogue.expected(wanted), wanted
        for hit in page.hits:
            for name, limits in wanted.limits.items():
                assert _is_within(own(hit.product, hit.variant).get(name), name, limits), (wanted, hit)
    assert len({len(catalogue.expected(each)) for each in CONDITIONS}) > 5


def test_rules_find_and_prefer_products_within_limits(catalogue: Catalogue) -> None:
    for wanted in CONDITIONS[:12]:
        filters = catalogue.request(wanted).filters
        engine = catalogue.shop.engine
        restricted = engine.search(SearchRequest(restrictions=(filters,), page_size=200))
        assert set(ids_of(restricted)) == catalogue.expected(wanted), wanted
        boosted = engine.search(SearchRequest(text="thing", boosts=(Boost(filters, 50.0),), page_size=200))
        preferred = ids_of(boosted)[: len(catalogue.expected(wanted))]
        assert set(preferred) == catalogue.expected(wanted), wanted


def test_ranges_count_the_products_that_their_limits_would_leave(catalogue: Catalogue) -> None:
    for wanted in CONDITIONS:
        facets = catalogue.page(wanted).facets
        assert facets is not None
        shown = {same(each.name): each for each in facets.attributes}
        assert {name: shown[name].unit for name in wanted.limits} == {
            each.name_key: each.unit for each in NUMERIC if each.name_key in wanted.limits
        }
        for name in ("weight", "pieces"):
            buckets = shown[name].ranges if name in shown else ()
            for bucket in buckets:
                low, high = bucket.minimum, bucket.maximum
                below = None if high is None else high - Decimal("0.000001")
                limits = {**wanted.limits, name: (low, below)}
                assert bucket.count == len(catalogue.expected(replace(wanted, limits=limits))), (
                    wanted,
                    bucket,
                )
                assert bucket.selected == (wanted.limits.get(name) == (low, high))
            if buckets and wanted is CONDITIONS[0]:
                chosen = Conditions({name: (buckets[0].minimum, buckets[0].maximum)}, wanted.others)
                selected = [each.selected for each in _ranges(catalogue, chosen, name)]
                assert selected == [True] + [False] * (len(buckets) - 1)
            whole = (buckets[0].minimum, buckets[-1].maximum) if buckets else (None, None)
            everything = catalogue.expected(replace(wanted, limits={**wanted.limits, name: (None, None)}))
            assert catalogue.expected(replace(wanted, limits={**wanted.limits, name: whole})) == everything


def _ranges(catalogue: Catalogue, wanted: Conditions, name: str) -> Sequence[NumberBucket]:
    facets = catalogue.page(wanted).facets
    assert facets is not None
    return next(each.ranges for each in facets.attributes if same(each.name) == name)


def test_values_are_counted_within_the_limits(catalogue: Catalogue) -> None:
    for wanted in CONDITIONS[:12]:
        facets = catalogue.page(wanted).facets
        assert facets is not None
        for facet in facets.attributes:
            for bucket in facet.buckets:
                chosen = {**(wanted.others.attributes or {}), same(facet.name): [bucket.value]}
                others = replace(wanted.others, attributes=chosen)
                expected = catalogue.expected(replace(wanted, others=others))
                assert bucket.count == len(expected), (wanted, facet.name, bucket)


def test_the_values_of_a_facet_are_found_within_limits(catalogue: Catalogue) -> None:
    wanted = Conditions({"weight": (Decimal(1), Decimal(2))}, Wanted())
    request = replace(catalogue.request(wanted), facets=NO_FACETS)
    found = catalogue.shop.engine.facet_values(request, FacetSearch(attribute="weight"))
    assert {same(each.value) for each in found} == {"1 kg", "1.5 kg", "2,000 g"}


def test_an_attribute_with_too_many_values_has_no_ranges(
    catalogue: Catalogue, monkeypatch: pytest.MonkeyPatch, engine_name: str
) -> None:
    monkeypatch.setattr(number_facets, "MAX_NUMBERS", 3)
    # Another order than in other tests, whose aggregations are remembered.
    wanted = replace(FACETS, attributes=("pieces", "weight"))
    facets = catalogue.shop.engine.search(SearchRequest(facets=wanted)).facets
    assert facets is not None
    ranges = {facet.name: len(facet.ranges) for facet in facets.attributes if facet.unit is not None}
    assert all(ranges.values()) is (engine_name == "tantivy")
