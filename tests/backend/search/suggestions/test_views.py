"""Suggestions over HTTP."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.exposures.services import ShownList, register_sink
from backend.search.rebuilding import build
from backend.tracking import sink
from indexing.engine import SearchEngine
from indexing.lexicon.refreshing import refresh
from indexing.request import SearchRequest
from tests.backend.shop import SYSTEM, client_of, product
from tests.services.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

SUGGESTIONS = "/api/search/suggestions/"
LANTERNS = [("product", "Paper lantern"), ("product", "Brass lantern")]


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
    image = "https://example.org/a.jpg"
    product("Brass lantern", price="20.00", category=("Home", "Lamps"), brand="Lumen", image_urls=[image])
    product("Paper lantern", price="5.50", category=("Party",), brand="Lumen", popularity=9)
    product("Garden chair", category=("Garden",))
    build(shop_engine, clock=timezone.now, by=SYSTEM)
    return client_of()


@pytest.fixture
def guest(folder_engine: SearchEngine, shown: list[ShownList]) -> APIClient:
    """A guest in an empty shop."""
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    return client_of()


def suggested(client: APIClient, q: str, **parameters: int) -> list[dict[str, Any]]:
    response = client.get(SUGGESTIONS, dict[str, str | int](parameters, q=q))
    assert response.status_code == 200, response.content
    found: list[dict[str, Any]] = response.json()["data"]
    return found


def test_one_response_has_phrases_names_and_products(client: APIClient) -> None:
    found = suggested(client, "la")

    assert found[:2] == [
        {"kind": "category", "text": "Lamps", "count": 1, "slug": "home-lamps", "product": None},
        {"kind": "phrase", "text": "lantern", "count": 2, "slug": "", "product": None},
    ]
    assert [each["kind"] for each in found[2:-2]] == ["phrase"] * len(found[2:-2])
    assert [(each["kind"], each["text"]) for each in found[-2:]] == LANTERNS


def test_a_suggested_product_has_its_price_and_picture(client: APIClient) -> None:
    brass = suggested(client, "brass")[-1]["product"]

    assert (brass["price"], brass["sale_price"], brass["currency"]) == ("20.00", "20.00", "USD")
    assert brass["image_url"] == brass["thumbnail_url"] == "https://example.org/a.jpg"


def test_a_misspelt_beginning_suggests_products_too(client: APIClient) -> None:
    found = [(each["kind"], each["text"]) for each in suggested(client, "lanetr")]

    assert found[0] == ("phrase", "lantern")
    assert found[-2:] == LANTERNS


def test_suggested_products_are_recorded_as_an_exposure(client: APIClient, shown: list[ShownList]) -> None:
    found = [each["product"] for each in suggested(client, "Lan") if each["product"]]

    (exposure,) = shown
    assert {UUID(each["exposure_id"]) for each in found} == {exposure.id}
    assert (exposure.surface, exposure.query) == ("suggestions", "lan")
    assert list(exposure.product_ids) == [each["id"] for each in found]


def test_without_products_nothing_is_recorded(client: APIClient, shown: list[ShownList]) -> None:
    assert {each["kind"] for each in suggested(client, "lan", products=0)} == {"phrase"}
    assert suggested(client, "zzzz") == []
    assert shown == []


def test_a_new_dictionary_is_used_at_once(client: APIClient, shop_engine: SearchEngine) -> None:
    assert suggested(client, "ocar", products=0) == []

    product("Ocarina")
    build(shop_engine, clock=timezone.now, by=SYSTEM)

    assert [each["text"] for each in suggested(client, "ocar", products=0)] == ["ocarina"]


def test_an_empty_text_has_no_suggestions(guest: APIClient) -> None:
    assert suggested(guest, "") == []


@pytest.mark.parametrize(
    "parameters", ["", "q=" + "x" * 201, "q=a&limit=0", "q=a&limit=21", "q=a&products=11"]
)
def test_invalid_parameters_are_refused(guest: APIClient, parameters: str) -> None:
    assert guest.get(f"{SUGGESTIONS}?{parameters}").status_code == 400


def test_a_search_while_typing_is_recorded_apart_from_others(
    client: APIClient, shop_engine: SearchEngine, shown: list[ShownList]
) -> None:
    refresh(shop_engine, shop_engine.serving().name)
    wait_until(
        lambda: shop_engine.search(SearchRequest(text="lante", is_typed=True)).count == 2,
        what="the lexicon is loaded",
    )

    page = client.get("/api/search/?q=paper+la&prefix=last").json()
    client.get("/api/search/?q=lantern+&prefix=last&suggestion=phrase")

    assert page["results"][0]["title"] == "Paper lantern"
    assert page["understood"]["corrected_text"] is None
    assert [(each.surface, each.slot) for each in shown] == [
        ("search_as_you_type", ""),
        ("search", "suggestion:phrase"),
    ]
