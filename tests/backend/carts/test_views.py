"""The cart over HTTP."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.carts.models import CartItem
from tests.backend.shop import client_of, customer, product, variant

pytestmark = pytest.mark.django_db

CART = "/api/orders/cart/"


def test_showing_an_empty_cart_creates_no_row() -> None:
    response = client_of(customer()).get(CART)
    assert response.json()["data"] == {"items": [], "units": 0, "subtotal": "0.00", "currency": None}


def test_a_product_with_one_variant_is_added_by_its_id() -> None:
    client, lamp, shown = (
        client_of(customer()),
        variant(price="12.50", image_urls=["https://example.org/a.jpg"]),
        uuid4(),
    )
    response = client.post(CART, {"product_id": lamp.product_id, "quantity": 2, "exposure_id": str(shown)})
    body = response.json()
    assert response.status_code == 201
    (line,) = body["data"].pop("items")
    assert body["data"] == {"units": 2, "subtotal": "25.00", "currency": "USD"}
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


def test_a_cart_above_the_highest_order_total_is_still_shown() -> None:
    lamp = variant(price="9999999999.99", stock=9_999)
    response = client_of(customer()).post(CART, {"variant_id": lamp.pk, "quantity": 9_999})
    assert (response.status_code, response.json()["data"]["subtotal"]) == (201, "99989999999900.01")


def test_guests_have_no_cart() -> None:
    assert client_of().get(CART).status_code == 401


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
    assert {showing for _, showing in counts} == {1}
