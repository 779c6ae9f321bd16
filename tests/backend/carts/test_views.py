"""The cart over HTTP."""

from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from backend.carts.models import Cart, CartItem
from backend.catalog.services import update_product
from tests.backend.shop import SYSTEM, client_of, customer, product, variant

pytestmark = pytest.mark.django_db

CART = "/api/orders/cart/"
EMPTY = {
    "items": [],
    "units": 0,
    "discount_amount": "0.00",
    "subtotal": "0.00",
    "codes": [],
    "promotions": [],
    "refused_codes": [],
    "currency": None,
    "cart_token": None,
    "merged": [],
}


def test_showing_an_empty_cart_creates_no_row() -> None:
    response = client_of(customer()).get(CART)
    assert response.json()["data"] == EMPTY


def test_a_product_with_one_variant_is_added_by_its_id() -> None:
    client, lamp, shown = (
        client_of(customer()),
        variant(price="12.50", image_urls=["https://example.org/a.jpg"]),
        uuid4(),
    )
    response = client.post(CART, {"product_id": lamp.product_id, "quantity": 2, "exposure_id": str(shown)})
    body = response.json()
    assert response.status_code == 201
    (line,) = body["data"]["items"]
    assert body["data"] == {**EMPTY, "units": 2, "subtotal": "25.00", "currency": "USD"} | {"items": [line]}
    assert line == {
        "id": CartItem.objects.get().pk,
        "product": {
            "id": lamp.product_id,
            "title": "A lamp",
            "slug": "a-lamp",
            "brand": "",
            "image_url": "https://example.org/a.jpg",
        },
        "variant": {
            "id": lamp.pk,
            "sku": lamp.sku,
            "name": "choice 0",
            "attributes": {},
            "image_url": "",
            "available": 10,
        },
        "quantity": 2,
        "unit_price": "12.50",
        "previous_unit_price": None,
        "discount_amount": "0.00",
        "total_price": "25.00",
        "problem": None,
        "exposure_id": str(shown),
        "added_at": line["added_at"],
    }
    assert client.get(CART).json()["data"]["items"] == [line]


def test_lines_are_changed_and_removed() -> None:
    client, lamp = client_of(customer()), variant()
    (line,) = client.post(CART, {"variant_id": lamp.pk}).json()["data"]["items"]
    changed = client.put(f"{CART}{line['id']}/", {"quantity": 3})
    assert changed.json()["data"]["units"] == 3
    removed = client.delete(f"{CART}{line['id']}/")
    assert (removed.status_code, removed.json()["data"]["items"]) == (200, [])
    assert client.delete(f"{CART}{line['id']}/").status_code == 404


def test_a_product_with_several_variants_needs_a_variant() -> None:
    shirt = product(stock=[1, 1])
    response = client_of(customer()).post(CART, {"product_id": shirt.pk})
    assert response.status_code == 400
    assert [choice["id"] for choice in response.json()["details"]["variants"]] == [
        choice.pk for choice in shirt.variants.all()
    ]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 10_000}, "quantity"),
        ({"exposure_id": "the-first-list"}, "exposure_id"),
        ({"variant_id": "red"}, "variant_id"),
        ({"amount": 2}, "amount"),
    ],
)
def test_invalid_input_names_the_field(wrong: dict[str, object], field: str) -> None:
    response = client_of(customer()).post(CART, {"variant_id": variant().pk} | wrong)
    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]
    assert not CartItem.objects.exists()


def test_a_product_or_a_variant_is_required() -> None:
    response = client_of(customer()).post(CART, {"quantity": 1})
    assert response.status_code == 400
    assert list(response.json()["details"]) == ["product_id"]


@pytest.mark.parametrize("named", ["product_id", "variant_id"])
def test_unknown_products_variants_and_lines_are_not_found(named: str) -> None:
    assert client_of(customer()).post(CART, {named: 987_654}).status_code == 404


def test_too_many_units_are_refused_with_the_available_number() -> None:
    response = client_of(customer()).post(CART, {"variant_id": variant(stock=2).pk, "quantity": 3})
    assert response.status_code == 409
    assert response.json()["code"] == "insufficient_stock"
    shortage = response.json()["details"]["items"][0]
    assert (shortage["available"], "variant_id" in shortage) == (2, True)


def test_a_cart_above_the_highest_order_total_is_still_shown(settings: Settings) -> None:
    settings.CUSTOMER_UNIT_LIMIT = 9_999
    lamp = variant(price="9999999999.99", stock=9_999)
    response = client_of(customer()).post(CART, {"variant_id": lamp.pk, "quantity": 9_999})
    assert (response.status_code, response.json()["data"]["subtotal"]) == (201, "99989999999900.01")


def test_a_guest_gets_a_token_with_the_first_item_and_is_identified_by_it() -> None:
    guest, lamp = client_of(), variant()
    assert guest.get(CART).json()["data"] == EMPTY
    first = guest.post(CART, {"variant_id": lamp.pk}).json()["data"]
    token = {"X-Cart-Token": first["cart_token"]}
    second = guest.post(CART, {"variant_id": lamp.pk}, headers=token).json()["data"]
    assert (second["units"], second["cart_token"]) == (2, None)
    assert guest.get(CART, headers=token).json()["data"]["units"] == 2
    assert guest.get(CART).json()["data"] == EMPTY
    assert first["cart_token"] not in str(Cart.objects.values().get())


@pytest.mark.parametrize("token", ["", "short", "x" * 44, "ü" * 43, "a b" + "c" * 40])
def test_a_malformed_cart_token_is_refused_by_name(token: str) -> None:
    response = client_of().get(CART, headers={"X-Cart-Token": token.encode().decode("latin-1")})
    assert (response.status_code, list(response.json()["details"])) == (400, ["X-Cart-Token"])


def test_a_guest_changes_and_removes_lines_and_cannot_see_other_guests_lines() -> None:
    guest, lamp = client_of(), variant()
    added = guest.post(CART, {"variant_id": lamp.pk}).json()["data"]
    token, item = {"X-Cart-Token": added["cart_token"]}, f"{CART}{added['items'][0]['id']}/"
    other = {"X-Cart-Token": "o" * 43}
    for headers in ({}, other):
        assert guest.put(item, {"quantity": 3}, headers=headers).status_code == 404
        assert guest.delete(item, headers=headers).status_code == 404
    assert guest.put(item, {"quantity": 3}, headers=token).json()["data"]["units"] == 3
    assert guest.delete(item, headers=token).json()["data"]["items"] == []


def test_the_first_request_with_both_tokens_moves_the_guests_lines_to_the_account() -> None:
    user = customer()
    account, guest = client_of(user), client_of()
    both, only_guests, scarce = variant(), variant(), variant(stock=5)
    token = {"X-Cart-Token": guest.post(CART, {"variant_id": both.pk}).json()["data"]["cart_token"]}
    guest.post(CART, {"variant_id": only_guests.pk, "quantity": 2}, headers=token)
    guest.post(CART, {"variant_id": scarce.pk, "quantity": 4}, headers=token)
    account.post(CART, {"variant_id": both.pk, "quantity": 2})
    account.post(CART, {"variant_id": scarce.pk, "quantity": 3})
    merged = account.get(CART, headers=token).json()["data"]
    assert {line["variant"]["id"]: line["quantity"] for line in merged["items"]} == {
        both.pk: 3,
        only_guests.pk: 2,
        scarce.pk: 5,
    }
    assert merged["merged"] == [
        {"variant_id": both.pk, "requested": 3, "quantity": 3},
        {"variant_id": only_guests.pk, "requested": 2, "quantity": 2},
        {"variant_id": scarce.pk, "requested": 7, "quantity": 5},
    ]
    again = account.get(CART, headers=token).json()["data"]
    assert (again["units"], again["merged"]) == (10, [])
    assert guest.get(CART, headers=token).json()["data"] == EMPTY


def test_a_line_shows_the_earlier_price_if_the_price_has_changed_since() -> None:
    client, lamp = client_of(customer()), variant(price="10.00")
    line = client.post(CART, {"variant_id": lamp.pk}).json()["data"]["items"][0]
    assert (line["unit_price"], line["previous_unit_price"]) == ("10.00", None)
    update_product(lamp.product_id, changes={"price": Decimal("12.00")}, by=SYSTEM)
    line = client.get(CART).json()["data"]["items"][0]
    assert (line["unit_price"], line["previous_unit_price"]) == ("12.00", "10.00")
    client.put(f"{CART}{line['id']}/", {"quantity": 2})
    assert client.get(CART).json()["data"]["items"][0]["previous_unit_price"] is None


def test_units_of_a_product_beyond_the_limit_are_refused(settings: Settings) -> None:
    settings.CUSTOMER_UNIT_LIMIT = 3
    client, lamp = client_of(customer()), variant()
    client.post(CART, {"variant_id": lamp.pk, "quantity": 3})
    response = client.post(CART, {"variant_id": lamp.pk})
    assert (response.status_code, response.json()["code"]) == (409, "unit_limit_exceeded")
    assert response.json()["details"] == {
        "items": [{"product_id": lamp.product_id, "title": "A lamp", "units": 4}],
        "limit": 3,
    }


def test_the_number_of_queries_does_not_grow_with_the_cart() -> None:
    client = client_of(customer())
    counts = []
    for _ in range(3):
        added = variant()
        with CaptureQueriesContext(connection) as adding:
            assert client.post(CART, {"variant_id": added.pk}).status_code == 201
        with CaptureQueriesContext(connection) as showing:
            assert client.get(CART).status_code == 200
        counts.append((len(adding), len(showing)))
    assert counts[1] == counts[2]
    assert {showing for _, showing in counts} == {2}
