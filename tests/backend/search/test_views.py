"""Search over HTTP."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from backend.catalog.models import Product, Variant
from backend.engines import index
from backend.engines.index import engine
from backend.engines.limits import Share
from backend.exposures.services import ShownList, register_sink
from backend.search.rebuilding import build
from backend.tracking import sink
from indexing.engine import SearchEngine
from indexing.errors import SearchEngineUnavailable
from tests.backend.shop import SYSTEM, client_of, product
from tests.services import processes
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)

SEARCH = "/api/search/"
READS = ["/api/search/?q=lantern", "/api/search/?q=brass+lanturn", "/api/search/suggestions/?q=lan"]


@pytest.fixture
def shown() -> Iterator[list[ShownList]]:
    """The exposures of this test."""
    recorded: list[ShownList] = []
    register_sink(recorded.append)
    yield recorded
    register_sink(sink.store)


@pytest.fixture
def client(shop_engine: SearchEngine, shown: list[ShownList]) -> APIClient:
    """A guest in a shop with some lamps."""
    brass = product(
        "Brass lantern", price="20.00", category=("Home", "Lamps"), brand="Lumen", stock=[4, 0],
        image_urls=["https://example.org/a.jpg"], rating_average=Decimal("4.50"), rating_count=3,
    )  # fmt: skip
    Variant.objects.filter(product=brass, stock=4).update(attributes={"size": "M"})
    Variant.objects.filter(product=brass, stock=0).update(attributes={"size": "L"})
    product("Paper lantern", price="5.50", category=("Party",), brand="Folk", discount_percentage=Decimal(10))
    product("Garden chair", category=("Garden",))
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    return client_of()


@pytest.fixture
def guest(folder_engine: SearchEngine, shown: list[ShownList]) -> APIClient:
    """A guest in an empty shop."""
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    return client_of()


def test_a_search_returns_a_page_of_cards(client: APIClient) -> None:
    body = client.get(f"{SEARCH}?q=lantern&sort_by=price_low&page_size=1").json()

    assert (body["count"], body["total_pages"], body["current_page"]) == (2, 2, 1)
    assert "page=2" in body["next"]
    understood = body["understood"]
    assert [understood[name] for name in ("corrected_text", "matched", "currency")] == [None, "all", "USD"]
    (card,) = body["results"]
    (listed,) = client.get("/api/products/", {"brand": "Folk"}).json()["results"]
    assert (card.pop("variant"), card.pop("highlights")["title"][1]) == (
        None,
        {"text": "lantern", "matched": True},
    )
    assert card.pop("collapsed") is None
    assert card == listed


def test_a_response_says_how_the_query_was_understood(client: APIClient) -> None:
    body = client.get(SEARCH, {"q": "best lantern under 10 without oil"}).json()

    understood = body["understood"]
    assert [card["title"] for card in body["results"]] == ["Paper lantern"]
    assert (understood["max_price"], understood["excluded"], understood["optional"]) == (
        "10.00",
        ["oil"],
        ["best"],
    )
    literal = client.get(SEARCH, {"q": "lantern under 10", "literal": "true"}).json()
    assert (literal["understood"]["max_price"], literal["count"]) == (None, 2)


def test_hits_need_no_database_query(client: APIClient) -> None:
    client.get(SEARCH)
    with CaptureQueriesContext(connection) as queries:
        client.get(SEARCH, {"q": "lantern"})

    # The version of the rules is read once a second, whatever the number of searches.
    assert [each["sql"] for each in queries if "rulesetversion" not in each["sql"]] == []


def test_every_parameter_narrows_the_results(client: APIClient) -> None:
    choices: list[dict[str, Any]] = [
        {"category": "home"},
        {"brand": "lumen"},
        {"min_price": "10.01", "max_price": "30"},
        {"rating": "4"},
        {"attr.size": "M"},
        {"attr.size": ["M", "XL"], "in_stock": "true"},
    ]
    for parameters in choices:
        titles = [each["title"] for each in client.get(SEARCH, parameters).json()["results"]]
        assert titles == ["Brass lantern"], parameters
    assert client.get(SEARCH, {"attr.size": "L", "in_stock": "true"}).json()["count"] == 0
    assert client.get(SEARCH, {"brand": ["Lumen", "Folk"]}).json()["count"] == 2


@pytest.mark.parametrize(
    ("category", "found", "selected"),
    [
        ("Sale", {"ring"}, {"Sale"}),
        ("sale", {"ring"}, {"Sale"}),
        ("women-sale", {"coat"}, {"Women > Sale"}),
        ("Women > Sale", {"coat"}, {"Women > Sale"}),
        ("coats", {"blue coat", "red coat"}, {"Men > Coats", "Women > Coats"}),
        ("home", {"lower"}, {"home"}),
        ("Nowhere", set(), set()),
    ],
)
def test_a_search_and_a_product_list_find_the_same_categories(
    category: str, found: set[str], selected: set[str], shop_engine: SearchEngine, shown: list[ShownList]
) -> None:
    product("ring", category=("Sale",))
    product("coat", category=("Women", "Sale"))
    product("blue coat", category=("Women", "Coats"))
    product("red coat", category=("Men", "Coats"))
    product("lower", category=("home",))
    product("upper", category=("HOME",))
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    page = client_of().get(SEARCH, {"category": category}).json()
    assert {each["title"] for each in page["results"]} == found
    buckets = [*page["facets"]["categories"]]
    buckets += [child for each in buckets for child in each["children"]]
    assert {each["path"] for each in buckets if each["selected"]} == selected
    if found:
        listed = client_of().get("/api/products/", {"category": category}).json()
        assert {each["title"] for each in listed["results"]} == found
    assert shown[0].filters["category"] == category
    assert "category_tokens" not in shown[0].filters


def test_a_page_has_facets(client: APIClient) -> None:
    facets = client.get(SEARCH, {"q": "lantern", "brand": "Lumen"}).json()["facets"]

    assert facets["brands"] == [
        {"value": "Folk", "count": 1, "selected": False},
        {"value": "Lumen", "count": 1, "selected": True},
    ]
    assert [(each["path"], each["count"]) for each in facets["categories"]] == [("Home", 1)]
    assert facets["categories"][0]["children"][0]["slug"] == "home-lamps"
    assert facets["prices"] == [{"minimum": "20.00", "maximum": "25.00", "count": 1, "selected": False}]
    assert [each["count"] for each in facets["ratings"]] == [1, 1, 1, 1]
    assert facets["in_stock"] == 1
    assert facets["attributes"][0]["name"] == "size"


def test_the_page_is_recorded_as_an_exposure(
    client: APIClient, shown: list[ShownList], shop_engine: SearchEngine
) -> None:
    body = client.get(SEARCH, {"q": "Lantern", "brand": "Lumen", "attr.size": "M"}).json()

    (exposure,) = shown
    assert exposure.id == UUID(body["exposure_id"])
    assert exposure.surface == "search"
    assert exposure.query == "Lantern"
    assert list(exposure.product_ids) == [each["id"] for each in body["results"]]
    assert exposure.filters == {"brands": "Lumen", "attr.size": "M", "sort_by": "relevance"}
    assert exposure.version == shop_engine.serving().name
    assert (exposure.page, exposure.first_position) == (1, 1)


def test_the_exposure_of_a_later_page_has_the_position_of_its_first_product(
    client: APIClient, shown: list[ShownList]
) -> None:
    client.get(f"{SEARCH}?q=lantern&page=2&page_size=1")

    assert [(each.page, each.first_position) for each in shown] == [(2, 2)]


def test_a_misspelt_query_is_corrected_and_the_response_says_so(client: APIClient) -> None:
    body = client.get(SEARCH, {"q": "brass lanturn"}).json()

    assert body["understood"]["corrected_text"] == "brass lantern"
    assert body["results"][0]["title"] == "Brass lantern"


@pytest.mark.parametrize(
    ("parameters", "field"),
    [
        ("sort_by=cheapest", "sort_by"),
        ("colour=red", "colour"),
        ("q=a&q=b", "q"),
        ("min_price=-1", "min_price"),
        ("min_price=1.00005", "min_price"),
        ("min_price=5&max_price=4", "min_price"),
        ("rating=6", "rating"),
        ("rating=nan", "rating"),
        ("in_stock=perhaps", "in_stock"),
        ("seller=0", "seller"),
        (f"seller={2**64}", "seller"),
        ("page=0", "page"),
        ("page=10000&page_size=100", "page"),
        ("page_size=101", "page_size"),
        (f"q={'x' * 10_000}", "q"),
        ("q=%00", "q"),
        ("attr.=M", "attr."),
        ("attr.size=", "attr.size"),
        ("attr.size=%00", "attr.size"),
        ("attr.%00=M", "attr.\0"),
        ("attr.a=1&attr.b=1&attr.c=1&attr.d=1&attr.e=1", "attr."),
        ("&".join(f"attr.size={number}" for number in range(21)), "attr.size"),
        ("&".join(f"brand={number}" for number in range(21)), "brand"),
    ],
)
def test_the_error_for_invalid_input_names_the_field(guest: APIClient, parameters: str, field: str) -> None:
    response = guest.get(f"{SEARCH}?{parameters}")

    assert response.status_code == 400
    assert field in response.json()["details"]


def test_the_error_for_an_unknown_sort_order_lists_the_known_ones(guest: APIClient) -> None:
    details = guest.get(SEARCH, {"sort_by": "cheapest"}).json()["details"]

    assert "price_low" in str(details["sort_by"])


def test_a_page_past_the_end_is_not_found(guest: APIClient) -> None:
    assert guest.get(SEARCH, {"page": 2}).status_code == 404
    assert guest.get(SEARCH).json()["count"] == 0


def test_without_an_index_the_response_names_the_command_that_builds_one(folder_engine: SearchEngine) -> None:
    response = client_of().get(SEARCH)

    assert response.status_code == 503
    assert response.headers["Retry-After"]
    assert "rebuild_index" in response.json()["details"]["remedy"]


def test_a_damaged_index_is_unavailable_until_it_is_rebuilt(folder_engine: SearchEngine) -> None:
    product("Brass lantern")
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    folder_engine.close()
    for path in Path(settings.VITRINE_HOME, "search").glob("*/index/*.term"):
        path.write_bytes(b"damaged")

    response = client_of().get(SEARCH)

    assert response.status_code == 503
    assert "rebuild_index" in response.json()["details"]["remedy"]
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    assert client_of().get(SEARCH).json()["count"] == Product.objects.count()


@contextmanager
def engine_at(url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[SearchEngine]:
    """Yield this process's engine, on Elasticsearch at `url`, with a share of the threads that isn't suspended."""
    share = Share("search", slots=4, failures=(SearchEngineUnavailable,))
    monkeypatch.setattr(index, "SHARE", share)
    monkeypatch.setenv("ELASTICSEARCH_URL", url)
    monkeypatch.setenv("VITRINE_SEARCH_ENGINE", "elasticsearch")
    engine.cache_clear()
    opened = engine()
    yield opened
    opened.close()
    engine.cache_clear()


@pytest.mark.parametrize("path", READS)
def test_an_unreachable_engine_is_unavailable(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with engine_at("http://127.0.0.1:9", monkeypatch):
        response = client_of().get(path)

    assert response.status_code == 503
    assert response.json()["code"] == "search_unavailable"
    assert response.headers["Retry-After"]


@pytest.mark.elasticsearch
@pytest.mark.parametrize("path", READS)
def test_an_engine_that_hangs_is_unavailable_within_three_seconds(
    path: str, monkeypatch: pytest.MonkeyPatch, elasticsearch_url: str, shown: list[ShownList]
) -> None:
    with processes.proxy(elasticsearch_url) as (url, pid), engine_at(url, monkeypatch) as opened:
        opened.destroy()
        product("Brass lantern")
        build(opened, clock=timezone.now, by=SYSTEM)
        assert client_of().get(path).status_code == 200

        with processes.stopped(pid):
            started = time.monotonic()
            response = client_of().get(path)

        assert time.monotonic() - started < 3
        assert response.status_code == 503
        assert response.json()["code"] == "search_unavailable"
        assert response.headers["Retry-After"]
        wait_until(lambda: client_of().get(path).status_code == 200)
        opened.destroy()
