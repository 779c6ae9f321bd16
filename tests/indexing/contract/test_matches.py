"""Hits say which words and which variant matched, on both engines."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from msgspec.structs import replace

from indexing.engine import SearchEngine
from indexing.page import Hit
from indexing.planning.plan import AlternativeKind
from indexing.request import Sort
from indexing.rules.actions import Pin
from tests.indexing.builders import product, variant
from tests.indexing.shop import Shop

SHIRT = (
    variant(11, price=Decimal(30), size="S", colour="Red"),
    replace(variant(12, price=Decimal(90), size="M", colour="Red"), sku="TWS-2040-M"),
    variant(13, price=Decimal(50), size="M", colour="Blue"),
)


@pytest.fixture(scope="module")
def shirts(engine: SearchEngine) -> Shop:
    shop = Shop.opened(
        engine,
        product(1, "Harbour Oxford Shirt", variants=SHIRT, description="Woven from cotton, with one pocket."),
        product(2, "Garage Door Weather Seal"),
        product(3, "Rubber seal for garages"),
    )
    shop.learn()
    return shop


def first(shop: Shop, text: str, **options: object) -> Hit:
    """Return the first hit of a search."""
    return shop.page(text, **options).hits[0]


@pytest.mark.parametrize(
    ("query", "highlighted"),
    [
        ("oxford shirts", ["Oxford", "Shirt"]),
        ("garage door seal", ["Garage", "Door", "Seal"]),
        ("garge door", ["Garage", "Door"]),
        ("oxford under 100", ["Oxford"]),
        ("oxford -striped", ["Oxford"]),
    ],
)
def test_hits_say_which_words_of_the_title_matched(
    shirts: Shop, query: str, highlighted: Sequence[str]
) -> None:
    found = first(shirts, query).highlights

    assert found is not None
    assert list(found.matched) == highlighted


def test_words_that_only_the_description_has_are_quoted(shirts: Shop) -> None:
    found = first(shirts, "oxford pocket").highlights

    assert found is not None
    assert [each.text for each in found.description if each.matched] == ["pocket"]


def test_what_was_typed_of_the_last_word_is_highlighted(shirts: Shop) -> None:
    found = first(shirts, "weather se", is_typed=True).highlights

    assert found is not None
    assert found.matched == ("Weather", "Se")


def test_without_words_nothing_is_highlighted(shirts: Shop) -> None:
    assert {hit.highlights for hit in shirts.page().hits} == {None}


def test_a_product_that_a_rule_pinned_has_the_parts_of_its_title(shirts: Shop) -> None:
    found = first(shirts, "oxford", pinned=(Pin(3, 1),))

    assert (found.product.id, found.pinned) == (3, True)
    assert found.highlights is not None
    assert found.highlights.matched == ()
    assert "".join(each.text for each in found.highlights.title) == "Rubber seal for garages"


@pytest.mark.parametrize(
    ("query", "filters", "variant_id"),
    [
        ("oxford shirt", {}, None),
        ("oxford shirt m", {}, 13),
        ("oxford shirt red m", {}, 12),
        ("oxford blue", {}, 13),
        ("tws2040m", {}, 12),
        ("oxford red", {"attributes": {"size": ("M",)}}, 12),
        ("oxford m under 60", {}, 13),
    ],
)
def test_hits_say_which_variant_the_words_mean(
    shirts: Shop, query: str, filters: dict[str, object], variant_id: int | None
) -> None:
    found = first(shirts, query, **filters)

    assert found.product.id == 1
    assert (found.variant and found.variant.id) == variant_id


def test_words_choose_no_variant_of_a_list_that_is_sorted_by_price(shirts: Shop) -> None:
    assert first(shirts, "oxford shirt m", sort=Sort.PRICE_LOW).variant is None
    filtered = first(shirts, "oxford m", sort=Sort.PRICE_LOW, attributes={"colour": ("red",)}).variant
    assert filtered is not None
    assert filtered.id == 11


def test_a_page_has_the_plan_of_its_search(shirts: Shop) -> None:
    page = shirts.page("garge door under 100")

    assert page.searched_text == "garge door"
    assert page.plan is not None
    assert page.plan.corrected_text == "garage door"
    assert [need.alternatives[0].kind for need in page.plan.needs] == [
        AlternativeKind.CORRECTED,
        AlternativeKind.LITERAL,
    ]
    assert shirts.page().plan is None
