"""Facets, prices of variants and currencies over HTTP."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.catalog.models import Product, Variant
from backend.engines import index
from backend.search.filter_texts import filter_texts
from backend.search.rebuilding import build
from indexing.engine import SearchEngine
from indexing.filters import Filters
from indexing.numeric import NumberLimits, numeric_attributes
from tests.backend.shop import SYSTEM, client_of, product

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

SEARCH = "/api/search/"


@pytest.fixture
def client(shop_engine: SearchEngine) -> APIClient:
    """A guest in a shop with a shirt of two prices, and products in two currencies."""
    shirt = product("Shirt", price="100.00", stock=[3, 4], brand="Acme")
    small, medium = Variant.objects.filter(product=shirt).order_by("stock")
    change(small, attributes={"size": "S", "colour": "Red"})
    change(medium, attributes={"size": "M", "colour": "red"}, sale_price="900.00", price_modifier="800.00")
    product("Tie", price="50.00", brand="ACME", attributes={"colour": "blue"})
    product("Fan", price="300", currency="JPY", brand="Folk")
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    return client_of()


def change(variant: Variant, **values: Any) -> None:
    Variant.objects.filter(pk=variant.pk).update(**values)


def titles(client: APIClient, **parameters: Any) -> list[str]:
    return [each["title"] for each in client.get(SEARCH, parameters).json()["results"]]


def test_a_size_above_the_price_limit_is_not_found(client: APIClient) -> None:
    assert titles(client, **{"attr.size": "M", "max_price": "500"}) == []
    assert titles(client, **{"attr.size": "s", "max_price": "500"}) == ["Shirt"]
    assert titles(client, **{"attr.Colour": "RED", "max_price": "99.99"}) == []


def test_a_card_shows_the_price_of_the_variant_that_matches(client: APIClient) -> None:
    (medium,) = client.get(SEARCH, {"attr.size": "M"}).json()["results"]
    (shirt,) = client.get(SEARCH, {"q": "shirt"}).json()["results"]

    assert (shirt["price"], shirt["sale_price"]) == ("100.00", "100.00")
    assert (medium["price"], medium["sale_price"]) == ("900.00", "900.00")
    assert medium["discount_percentage"] == "0.00"


def test_prices_of_several_currencies_are_not_compared(client: APIClient) -> None:
    assert titles(client, max_price="500", sort_by="price_high") == ["Shirt", "Tie"]
    assert titles(client, max_price="500", currency="jpy") == ["Fan"]
    page = client.get(SEARCH, {"sort_by": "price_low"}).json()
    assert [each["currency"] for each in page["results"]] == ["USD", "USD"]
    assert page["understood"]["currency"] == "USD"
    assert {(each["value"], each["count"]) for each in page["facets"]["currencies"]} == {
        ("USD", 2),
        ("JPY", 1),
    }
    in_yen = client.get(SEARCH, {"currency": "JPY"}).json()
    assert in_yen["facets"]["prices"] == [{"minimum": "300", "maximum": "400", "count": 1, "selected": False}]


def test_without_products_in_the_shops_currency_prices_are_in_that_of_most_products(
    client: APIClient, settings: Any
) -> None:
    settings.DEFAULT_CURRENCY = "CHF"

    assert titles(client, sort_by="price_low") == ["Tie", "Shirt"]


@pytest.mark.parametrize(
    ("facets", "counted"),
    [
        ("", set()),
        ("brands", {"brands"}),
        ("brands,prices", {"brands", "prices"}),
        (["currencies", "attr.colour"], {"currencies", "attributes"}),
    ],
)
def test_only_the_facets_that_are_asked_for_are_counted(
    client: APIClient, facets: str | list[str], counted: set[str]
) -> None:
    found = client.get(SEARCH, {"facets": facets}).json()["facets"]

    assert {name for name, facet in found.items() if facet} == counted
    assert found["in_stock"] is None
    if "attributes" in counted:
        assert [each["name"] for each in found["attributes"]] == ["colour"]


def test_the_shop_declares_which_attributes_are_facets(client: APIClient, settings: Any) -> None:
    settings.SEARCH_FACETS = ["size", "colour", "weight"]

    found = client.get(SEARCH).json()["facets"]["attributes"]

    assert [each["name"] for each in found] == ["size", "colour"]
    assert found[1]["buckets"] == [
        {"value": "Red", "count": 1, "selected": False},
        {"value": "blue", "count": 1, "selected": False},
    ]


def test_values_of_a_facet_can_be_searched(client: APIClient) -> None:
    path = "/api/search/facets/"

    brands = client.get(path, {"facet": "brands", "facet_q": "ac", "max_price": "60"}).json()["data"]
    colours = client.get(path, {"facet": "attr.colour", "q": "shirt", "attr.colour": "red"}).json()["data"]

    assert brands == [{"value": "ACME", "count": 1, "selected": False}]
    assert colours == [{"value": "Red", "count": 1, "selected": True}]


@pytest.mark.parametrize(
    ("path", "parameters", "field"),
    [
        (SEARCH, {"facets": "sizes"}, "facets"),
        (SEARCH, {"facets": "attr."}, "facets"),
        (SEARCH, {"currency": "ABC"}, "currency"),
        (SEARCH, {"currency": "EURO"}, "currency"),
        ("/api/search/facets/", {"facet_q": "a"}, "facet"),
        ("/api/search/facets/", {"facet": "prices"}, "facet"),
        ("/api/search/facets/", {"facet": "attr."}, "facet"),
        ("/api/search/facets/", {"facet": "brands", "limit": 101}, "limit"),
    ],
)
def test_unknown_facets_and_currencies_are_refused(
    folder_engine: SearchEngine, path: str, parameters: dict[str, Any], field: str
) -> None:
    response = client_of().get(path, parameters)

    assert response.status_code == 400
    assert field in response.json()["details"]


def test_a_variants_own_discount_is_shown(shop_engine: SearchEngine) -> None:
    shirt = product("Shirt", price="100.00", stock=[3, 4])
    sale, full = Variant.objects.filter(product=shirt).order_by("stock")
    change(full, attributes={"size": "M"})
    change(sale, attributes={"size": "S"}, sale_price=Decimal("80.00"))
    Product.objects.filter(pk=shirt.pk).update(sale_price=Decimal("80.00"))
    build(shop_engine, clock=timezone.now, by=SYSTEM)

    prices = {size: client_of().get(SEARCH, {"attr.size": size}).json()["results"][0] for size in ("S", "M")}

    assert (prices["S"]["sale_price"], prices["M"]["sale_price"]) == ("80.00", "100.00")


def test_of_products_with_the_same_brand_one_is_shown(
    client: APIClient, settings: Any, shop_engine: SearchEngine
) -> None:
    page = client.get(SEARCH, {"collapse": "Brand", "sort_by": "newest"}).json()
    shown = {each["title"]: each["collapsed"] for each in page["results"]}
    assert shown == {"Fan": {"value": "Folk", "count": 1}, "Tie": {"value": "ACME", "count": 2}}
    assert (page["count"], page["summary"]["text"]) == (2, "3 products.")
    assert [each["collapsed"] for each in client.get(SEARCH).json()["results"]] == [None, None, None]

    refused = client.get(SEARCH, {"collapse": "size"})
    assert refused.status_code == 400
    assert refused.json()["details"] == {"collapse": ["Products can be collapsed by: brand."]}
    settings.SEARCH = replace(settings.SEARCH, collapses=("size",))
    if shop_engine.name.lower() == "elasticsearch":
        # The index was built without the groups.
        assert client.get(SEARCH, {"collapse": "size"}).status_code == 503
    else:
        assert client.get(SEARCH, {"collapse": "size"}).json()["count"] == 3


def test_an_attribute_with_numbers_is_limited_and_shown_in_ranges(client: APIClient, settings: Any) -> None:
    settings.SEARCH_RANGES = numeric_attributes("Size:kg")
    settings.SEARCH_FACETS = ["size"]
    for place, size in enumerate(("500 g", "1 kg", "2 kg")):
        change(Variant.objects.order_by("pk")[place], attributes={"size": size})
    index.engine().destroy()
    build(index.engine(), clock=timezone.now, by=SYSTEM)

    everything = client.get(SEARCH).json()["facets"]["attributes"]
    assert [(each["name"], each["unit"]) for each in everything] == [("size", "kg")]
    limits = [(each["minimum"], each["maximum"]) for each in everything[0]["ranges"]]
    assert limits == [("0.5", "1"), ("1", "2"), ("2", "2.5")]
    assert titles(client, **{"attr.size.min": "0.4", "attr.Size.max": "0.5"}) == ["Shirt"]
    assert set(titles(client, **{"attr.size.min": "1"})) == {"Shirt", "Tie"}
    for wrong in ({"attr.size.min": "1 kg"}, {"attr.size.min": ["1", "2"]}, {"attr.size.max": "NaN"}):
        assert client.get(SEARCH, wrong).status_code == 400
    reversed_limits = client.get(SEARCH, {"attr.size.min": "2", "attr.size.max": "1"})
    assert reversed_limits.json()["details"] == {"attr.size.min": ["Must not be above attr.size.max."]}
    assert titles(client, **{"attr.colour.min": "2"}) == []


def test_exposures_have_the_limits_of_attributes() -> None:
    filters = Filters(attribute_limits={"size": NumberLimits("kg", Decimal("0.50"), None)})
    assert filter_texts(filters) == {"attr.size.min": "0.50"}
