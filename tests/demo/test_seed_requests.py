"""The product, inventory, cart and order requests of the original requirements, sent to the generated shop."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.accounts.models import User
from demo.accounts import CUSTOMER_PHONE, SELLER_PHONE, STAFF_PHONE
from demo.populate import History, store
from tests.backend.shop import client_of

# The requirements use product 1 in their examples.
pytestmark = [pytest.mark.django_db(transaction=True, reset_sequences=True), pytest.mark.once]


@pytest.fixture
def stored(history: History) -> None:
    store(history)


def client(phone: str) -> APIClient:
    return client_of(User.objects.get(phone=phone))


def checked(response: Any, status: int = 200) -> Any:
    """Check the status of a response and return its body."""
    assert response.status_code == status, response.content
    return response.json()


@pytest.mark.usefixtures("stored")
def test_the_requests_of_the_requirements_work_verbatim() -> None:
    shopper = client(CUSTOMER_PHONE)
    for query in (
        "",
        "?flash_sale=true",
        "?best_seller_product=true",
        "?featured_product=true",
        "?category=Electronics",
        "?min_price=100&max_price=500",
        "?sort_by=price_low",
        "?page=1&page_size=20",
    ):
        assert checked(shopper.get(f"/api/products/{query}"))["results"], query
    (variant,) = checked(shopper.get("/api/products/1/variants/"))["data"]
    before = variant["available"]
    assert before >= 10
    movement = {
        "product": 1,
        "transaction_type": "IN",
        "quantity": 100,
        "reference": "PO-2024-001",
        "notes": "Initial stock",
    }
    inventory = "/api/products/inventory/transactions/"
    for user in (client(STAFF_PHONE), client_of(User.objects.get(products=1))):
        created = checked(user.post(inventory, movement), 201)["data"]
        assert {**created, **movement} == created
        assert checked(user.get(inventory))["results"][0]["id"] == created["id"]
    assert client(SELLER_PHONE).get(inventory).status_code == 200
    (after,) = checked(shopper.get("/api/products/1/variants/"))["data"]
    assert after["available"] == before + 200


@pytest.mark.usefixtures("stored")
def test_a_cart_is_changed_and_ordered_with_the_requests_of_the_requirements() -> None:
    shopper, cart, orders = client(CUSTOMER_PHONE), "/api/orders/cart/", "/api/orders/orders/"
    assert checked(shopper.get(cart))["data"]["items"] == []
    (item,) = checked(shopper.post(cart, {"product_id": 1, "quantity": 2}), 201)["data"]["items"]
    (item,) = checked(shopper.put(f"{cart}{item['id']}/", {"quantity": 3}))["data"]["items"]
    assert (item["product"]["id"], item["quantity"], item["problem"]) == (1, 3, None)
    assert checked(shopper.delete(f"{cart}{item['id']}/"))["data"]["items"] == []
    checked(shopper.post(cart, {"product_id": 1, "quantity": 2}), 201)
    address = {
        "street": "123 Main St",
        "city": "New York",
        "state": "NY",
        "postal_code": "10001",
        "country": "USA",
    }
    body = {"shipping_address": address, "notes": "Please deliver after 5 PM"}
    placed = checked(shopper.post(orders, body), 201)["data"]
    assert (placed["status"], placed["notes"]) == ("CONFIRMED", body["notes"])
    assert placed["shipping_address"] == {**address, "country": "US"}
    assert placed["id"] in [row["id"] for row in checked(shopper.get(orders))["results"]]
    assert checked(shopper.get(f"{orders}{placed['id']}/"))["data"] == placed
