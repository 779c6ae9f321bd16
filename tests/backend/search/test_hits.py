"""What a response says about hits and the query, over HTTP."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.catalog.models import Variant
from backend.exposures.services import ShownList, register_sink
from backend.search.rebuilding import build
from backend.tracking import sink
from indexing.engine import SearchEngine
from tests.backend.shop import SYSTEM, client_of, product, staff

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.once]

SEARCH = "/api/search/"
TITLE = "<b>Brass</b> lantern & wick"


@pytest.fixture
def lamps(folder_engine: SearchEngine) -> Iterator[APIClient]:
    """A guest in a shop with two lanterns, of which one is sold in two sizes."""
    recorded: list[ShownList] = []
    register_sink(recorded.append)
    brass = product(TITLE, price="20.00", stock=[4, 0], description="With a glass door.")
    large = Variant.objects.get(product=brass, stock=0)
    Variant.objects.filter(product=brass, stock=4).update(attributes={"size": "Small"})
    Variant.objects.filter(pk=large.pk).update(
        attributes={"size": "Large"},
        sku="LAN-2040-L",
        price_modifier=Decimal("5.50"),
        sale_price=Decimal("25.50"),
        image_url="https://example.org/large.jpg",
    )
    product("Paper lantern", price="5.50")
    build(folder_engine, clock=timezone.now, by=SYSTEM)
    yield client_of()
    register_sink(sink.store)


def page(client: APIClient, query: str, **parameters: str) -> dict[str, Any]:
    """Return the body of a search."""
    response = client.get(SEARCH, {"q": query, **parameters})
    assert response.status_code == 200, response.json()
    body: dict[str, Any] = response.json()
    return body


def test_the_parts_of_a_title_are_plain_text(lamps: APIClient) -> None:
    (card, *_) = page(lamps, "brass wicks")["results"]

    assert card["title"] == TITLE
    assert card["highlights"]["title"] == [
        {"text": "<b>", "matched": False},
        {"text": "Brass", "matched": True},
        {"text": "</b> lantern & ", "matched": False},
        {"text": "wick", "matched": True},
    ]
    assert card["highlights"]["description"] == []


def test_a_fragment_of_the_description_explains_a_hit(lamps: APIClient) -> None:
    (card, *_) = page(lamps, "brass glass")["results"]

    assert card["highlights"]["description"] == [
        {"text": "With a ", "matched": False},
        {"text": "glass", "matched": True},
        {"text": " door.", "matched": False},
    ]


@pytest.mark.parametrize("query", ["brass lantern large", "LAN-2040-L", "lan2040l"])
def test_a_card_has_the_variant_that_the_words_mean_with_its_price_and_image(
    lamps: APIClient, query: str
) -> None:
    (card, *_) = page(lamps, query)["results"]

    variant = card["variant"]
    assert (variant["sku"], variant["attributes"]) == ("LAN-2040-L", {"size": "Large"})
    assert variant["price"] == variant["sale_price"] == card["price"] == card["sale_price"] == "25.50"
    assert (variant["image_url"], variant["in_stock"]) == ("https://example.org/large.jpg", False)


def test_a_search_without_words_has_neither_highlights_nor_variants(lamps: APIClient) -> None:
    cards = page(lamps, "")["results"]

    assert [(card["variant"], card["highlights"]) for card in cards] == [(None, None)] * 2


def test_a_sentence_says_how_the_query_was_read(lamps: APIClient) -> None:
    summary = page(lamps, "best lanturn under 10 without wick")["summary"]

    assert summary["text"] == (
        '1 product for "lantern" priced at most 10.00 USD without "wick"; nothing matched "lanturn"; '
        '"best" wasn\'t searched.'
    )
    assert summary["clauses"][:2] == [
        {"code": "found", "text": '1 product for "lantern"', "values": ["1", "lantern"]},
        {"code": "at_most", "text": "priced at most 10.00 USD", "values": ["10.00", "USD"]},
    ]


def test_a_shopper_can_reject_a_correction(lamps: APIClient) -> None:
    assert page(lamps, "lanturn")["understood"]["corrected_text"] == "lantern"

    body = page(lamps, "lanturn", correct="false")

    assert (body["count"], body["understood"]["corrected_text"]) == (0, None)
    assert body["summary"]["text"] == 'No products for "lanturn".'


def test_staff_see_the_plan_and_the_scores_of_a_search(lamps: APIClient) -> None:
    assert page(lamps, "lanturn")["explanation"] is None

    body = page(client_of(staff()), "brass lanturn", explain="true")

    explained = body["explanation"]
    assert explained["text"] == "brass lantern"
    assert [need["alternatives"][0] for need in explained["needs"]] == [
        {"words": ["brass"], "kind": "literal", "weight": 1.0},
        {"words": ["lantern"], "kind": "corrected", "weight": 1.0},
    ]
    assert [(each["matched"], each["used"]) for each in explained["levels"]] == [
        ("all", False),
        ("any", True),
    ]
    assert explained["field_boosts"]["title"] == 3.0
    hits = explained["hits"]
    assert [hit["id"] for hit in hits] == [card["id"] for card in body["results"]]
    assert [hit["score"] for hit in hits] == sorted((hit["score"] for hit in hits), reverse=True)
    assert hits[0]["score"] > hits[1]["score"] > 0
    assert (hits[0]["words"], hits[0]["closeness"], hits[0]["pinned"]) == (None, None, False)


def test_related_searches_are_returned_if_they_are_wanted(lamps: APIClient) -> None:
    assert page(lamps, "lantern")["related"] == []
    assert page(lamps, "", related="3")["related"] == []

    found = page(lamps, "lanturn", related="10")["related"]

    assert {"kind": "phrase", "text": "paper lantern", "count": 1} in found
    assert "lantern" not in [each["text"] for each in found]
    assert lamps.get(SEARCH, {"q": "lantern", "related": "11"}).status_code == 400
