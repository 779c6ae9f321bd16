"""The ledger over HTTP."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.inventory.models import InventoryTransaction
from tests.backend.shop import client_of, customer, product, receive, seller, staff, stock_of, variant

pytestmark = pytest.mark.django_db

PATH = "/api/products/inventory/transactions/"


def test_staff_can_record_a_receipt_by_the_product_if_it_has_one_variant() -> None:
    lamp, user = variant(stock=0), staff()
    response = client_of(user).post(
        PATH,
        {
            "product": lamp.product_id,
            "transaction_type": "IN",
            "quantity": 100,
            "reference": "PO-2024-001",
            "notes": "Initial stock",
        },
    )
    body = response.json()
    assert response.status_code == body["status"] == 201
    assert body["data"] == {
        "id": InventoryTransaction.objects.get().pk,
        "product": lamp.product_id,
        "variant": lamp.pk,
        "sku": lamp.sku,
        "transaction_type": "IN",
        "quantity": 100,
        "effect": 100,
        "reference": "PO-2024-001",
        "notes": "Initial stock",
        "recorded_by": user.pk,
        "timestamp": body["data"]["timestamp"],
    }
    assert stock_of(lamp.pk) == (100, 0)


def test_a_product_with_several_variants_needs_a_variant_and_the_response_lists_them() -> None:
    shirt = product(stock=[0, 0])
    response = client_of(staff()).post(PATH, {"product": shirt.pk, "transaction_type": "IN", "quantity": 1})
    assert response.status_code == 400
    assert response.json()["details"]["variants"] == [
        {"id": choice.pk, "sku": choice.sku, "name": choice.name} for choice in shirt.variants.all()
    ]


def test_a_variant_of_another_product_is_refused() -> None:
    one, other = variant(), variant()
    response = client_of(staff()).post(
        PATH, {"product": one.product_id, "variant": other.pk, "transaction_type": "IN", "quantity": 1}
    )
    assert response.status_code == 400
    assert "variant" in response.json()["details"]


def test_a_seller_can_only_record_stock_of_own_products() -> None:
    trader = seller()
    mine = variant(stock=0, sold_by=trader)
    foreign = variant(stock=2)
    request_body = {"transaction_type": "IN", "quantity": 1}
    client = client_of(trader)
    assert client.post(PATH, {**request_body, "product": mine.product_id}).status_code == 201
    assert client.post(PATH, {**request_body, "product": foreign.product_id}).status_code == 404
    assert client.post(PATH, {**request_body, "variant": foreign.pk}).status_code == 404
    assert stock_of(foreign.pk) == (2, 0)
    assert [row["variant"] for row in client.get(PATH).json()["results"]] == [mine.pk]


@pytest.mark.parametrize("method", ["get", "post"])
def test_customers_and_guests_cannot_use_the_ledger(method: str) -> None:
    assert getattr(client_of(customer()), method)(PATH).status_code == 403
    assert getattr(client_of(), method)(PATH).status_code == 401


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"transaction_type": "THEFT"}, "transaction_type"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": -5}, "quantity"),
        ({"quantity": "many"}, "quantity"),
        ({"quantity": 1_000_001}, "quantity"),
        ({"quantity": 10**30}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": "1.5"}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"product": 0}, "product"),
        ({"warehouse": "north"}, "warehouse"),
    ],
)
def test_invalid_input_names_the_field(wrong: dict[str, object], field: str) -> None:
    lamp = variant(stock=0)
    request_body = {"product": lamp.product_id, "transaction_type": "IN", "quantity": 1}
    response = client_of(staff()).post(PATH, request_body | wrong)
    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]
    assert stock_of(lamp.pk) == (0, 0)


def test_removing_more_units_than_available_is_refused_with_the_available_number() -> None:
    lamp = variant(stock=3)
    response = client_of(staff()).post(
        PATH, {"variant": lamp.pk, "transaction_type": "DAMAGE", "quantity": 4}
    )
    assert response.status_code == 409
    shortage = response.json()["details"]["items"][0]
    assert (shortage["variant"], shortage["available"]) == (lamp.pk, 3), (
        "details have the names of the request"
    )


def test_a_repeated_request_with_the_same_key_is_recorded_once() -> None:
    lamp = variant(stock=0)
    client = client_of(staff())
    request_body = {"variant": lamp.pk, "transaction_type": "IN", "quantity": 5}
    responses = [client.post(PATH, request_body, headers={"Idempotency-Key": "delivery-1"}) for _ in range(2)]
    assert responses[0].json() == responses[1].json()
    assert stock_of(lamp.pk) == (5, 0)


def test_the_ledger_is_listed_newest_first_and_can_be_filtered() -> None:
    lamp, chair = variant(stock=1), variant(stock=2)
    receive({lamp.pk: 3})
    client = client_of(staff())
    assert [row["effect"] for row in client.get(PATH).json()["results"]] == [3, 2, 1]
    assert [row["effect"] for row in client.get(PATH, {"product": chair.product_id}).json()["results"]] == [2]
    assert client.get(PATH, {"transaction_type": "OUT"}).json()["count"] == 0
    assert client.get(PATH, {"sort": "newest"}).status_code == 400


def test_the_number_of_queries_does_not_depend_on_the_length_of_the_page() -> None:
    client = client_of(staff())
    counts = []
    for _ in range(2):
        for _ in range(4):
            variant(stock=1)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(PATH).status_code == 200
        counts.append(len(queries))
    assert counts == [2, 2]
