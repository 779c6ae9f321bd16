"""Which values a facet shows: the declared attributes, the selected values, and those that are searched."""

import pytest

from indexing.attribute_facets import MAX_ATTRIBUTE_VALUES
from indexing.buckets import AttributeFacet, Bucket
from indexing.counting import MAX_VALUES
from indexing.engine import SearchEngine
from indexing.facet_search import FacetSearch
from indexing.facets import ALL_FACETS, Facets, WantedFacets
from indexing.filters import NO_FILTERS, Filters
from indexing.request import SearchRequest
from tests.indexing.builders import category, product, variant
from tests.indexing.shop import Shop

SHADES = MAX_ATTRIBUTE_VALUES + 10
BRANDS = MAX_VALUES + 10


@pytest.fixture(scope="module")
def shop(engine: SearchEngine) -> Shop:
    """A shop in which the shades and brands with the highest numbers have the fewest products."""
    shades = [
        product(
            number,
            f"Paint {number}",
            brand=f"Brand {number % BRANDS:02}",
            categories=category(f"Paint > Kind {number % 3}"),
            variants=(
                variant(number * 10, shade=f"Shade {number % SHADES:02}", Finish="matt"),
                variant(number * 10 + 1, shade=f"shade  {number % SHADES:02}", finish="gloss"),
            ),
        )
        for number in range(1, 2 * BRANDS - 1)
    ]
    named = [
        product(501, "Rug", brand="North & Sons", variants=(variant(5010, colour="Sky Blue"),)),
        product(502, "Rug", brand="NORTH & SONS", variants=(variant(5020, colour="sky blue"),)),
        product(503, "Rug", brand="Sonora", variants=(variant(5030, colour="blue-green"),)),
        product(504, "Rug", brand="Southern", variants=(variant(5040, colour="Red"),)),
        product(505, "Rug", brand="North & Sons", variants=(variant(5050, colour="Sky Blue"),)),
    ]
    return Shop.opened(engine, *shades, *named)


def facets(shop: Shop, filters: Filters = NO_FILTERS, *, wanted: WantedFacets = ALL_FACETS) -> Facets:
    found = shop.engine.search(SearchRequest(filters=filters, facets=wanted)).facets
    assert found is not None
    return found


def attribute(found: Facets, name: str) -> AttributeFacet:
    (facet,) = (each for each in found.attributes if each.name == name)
    return facet


def test_a_selected_value_beyond_the_limit_is_shown_with_its_count(shop: Shop) -> None:
    rare_shade, rare_brand = f"SHADE {SHADES - 1:02}", f"brand {BRANDS - 1:02}"
    shade = attribute(facets(shop, Filters(attributes={"shade": (rare_shade,)})), "shade")
    brands = facets(shop, Filters(brands=(rare_brand,))).brands

    (chosen,) = (each for each in shade.buckets if each.selected)
    assert chosen.count == len(shop.ids(attributes={"shade": (rare_shade,)})) > 0
    assert chosen.value.startswith("Shade ") or chosen.value.startswith("shade ")
    (brand,) = (each for each in brands if each.selected)
    assert brand.count == len(shop.ids(brands=(rare_brand,))) > 0


def test_a_value_is_shown_in_its_most_frequent_spelling(shop: Shop) -> None:
    found = facets(shop, Filters(brands=("north & sons",)))

    assert Bucket("North & Sons", 3, selected=True) in found.brands
    assert attribute(found, "colour").buckets == (Bucket("Sky Blue", 3),)


def test_declared_attributes_are_shown_in_their_order(shop: Shop) -> None:
    wanted = WantedFacets(names=frozenset({"attributes"}), attributes=("COLOUR", "finish", "unknown"))

    found = facets(shop, wanted=wanted)

    assert [each.name.casefold() for each in found.attributes] == ["colour", "finish"]
    assert found.attributes[1].buckets == (
        Bucket("gloss", 2 * BRANDS - 2),
        Bucket("matt", 2 * BRANDS - 2),
    )
    selected = facets(shop, Filters(attributes={"shade": ("Shade 01",)}), wanted=wanted)
    assert [each.name for each in selected.attributes][-1] == "shade"


@pytest.mark.parametrize("name", ["brands", "prices", "currencies", "in_stock"])
def test_only_wanted_facets_are_counted(shop: Shop, name: str) -> None:
    found = facets(shop, wanted=WantedFacets(names=frozenset({name})))

    assert getattr(found, name)
    assert found == Facets(**{name: getattr(found, name)})


@pytest.mark.parametrize(
    ("attribute", "text", "expected"),
    [
        ("colour", "BL", [("Sky Blue", 3), ("blue-green", 1)]),
        ("Colour", "blue sky", [("Sky Blue", 3)]),
        ("colour", "green", [("blue-green", 1)]),
        ("colour", "lue", []),
        ("colour", "", [("Sky Blue", 3), ("Red", 1), ("blue-green", 1)]),
        ("colour", "[.*", []),
        ("length", "1", []),
        ("shade", f"{SHADES - 1:02}", [(f"Shade {SHADES - 1:02}", 2)]),
        ("", "son", [("North & Sons", 3), ("Sonora", 1)]),
        ("", "& n", [("North & Sons", 3)]),
        ("", f"brand {BRANDS - 1}", [(f"Brand {BRANDS - 1}", 1)]),
    ],
)
def test_values_are_found_by_the_beginnings_of_their_words(
    shop: Shop, attribute: str, text: str, expected: list[tuple[str, int]]
) -> None:
    wanted = FacetSearch(attribute=attribute, text=text)

    found = shop.engine.facet_values(SearchRequest(), wanted)

    assert [(each.value, each.count) for each in found] == expected


def test_a_search_in_a_facet_applies_the_query_and_the_other_filters(shop: Shop) -> None:
    wanted = FacetSearch(attribute="colour", text="sky")
    filters = Filters(brands=("Sonora", "North & Sons"), attributes={"colour": ("red", "sky blue")})

    assert shop.engine.facet_values(SearchRequest(filters=filters), wanted) == (
        Bucket("Sky Blue", 3, selected=True),
    )
    assert shop.engine.facet_values(SearchRequest(text="paint"), wanted) == ()
    assert shop.engine.facet_values(
        SearchRequest(filters=filters), FacetSearch(attribute="colour", limit=1)
    ) == (Bucket("Sky Blue", 3, selected=True),)
