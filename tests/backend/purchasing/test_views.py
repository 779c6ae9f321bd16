"""The endpoints of purchasing."""

import csv
import io

import pytest

from tests.backend import shop
from tests.backend.shop import client_of, stock_of

pytestmark = [pytest.mark.stores, pytest.mark.django_db]


def test_a_seller_can_reorder_over_http() -> None:
    seller = shop.seller()
    low = shop.variant(stock=2, sold_by=seller, title="=Copper kettle")
    client = client_of(seller)
    supplier = client.post("/api/purchasing/suppliers/", {"name": "Kupfer GmbH"}).json()["data"]
    rule = {"supplier": supplier["id"], "reorder_point": 5, "target_stock": 20, "unit_cost": "4.50"}
    assert client.put(f"/api/purchasing/rules/{low.pk}/", rule).status_code == 200

    (proposal,) = client.get("/api/purchasing/proposals/").json()["data"]
    assert (proposal["variant"], proposal["quantity"]) == (low.pk, 18)

    (order,) = client.post("/api/purchasing/orders/").json()["data"]
    path = f"/api/purchasing/orders/{order['number']}/"
    changed = client.patch(path, {"items": [{"variant": low.pk, "quantity": 12}]}).json()["data"]
    assert changed["lines"][0]["quantity"] == 12
    assert client.post(f"{path}approve/").json()["data"]["status"] == "APPROVED"
    (row,) = csv.DictReader(io.StringIO(client.get(f"{path}csv/").content.decode()))
    assert (row["quantity"], row["unit_cost"], row["product"]) == ("12", "4.50", "'=Copper kettle")
    assert client.post(f"{path}send/").json()["data"]["status"] == "SENT"

    delivery = {"items": [{"variant": low.pk, "quantity": 12}]}
    for _ in range(2):
        received = client.post(f"{path}receive/", delivery, headers={"Idempotency-Key": "delivery-1"})
        assert received.json()["data"]["status"] == "RECEIVED"
    assert stock_of(low.pk) == (14, 0)


@pytest.mark.parametrize(
    ("method", "path", "code"),
    [
        ("put", "/api/purchasing/rules/{variant}/", "variant_not_found"),
        ("get", "/api/purchasing/rules/{variant}/", "variant_not_found"),
        ("get", "/api/purchasing/orders/{number}/", "purchase_order_not_found"),
        ("get", "/api/purchasing/orders/{number}/csv/", "purchase_order_not_found"),
        ("post", "/api/purchasing/orders/{number}/approve/", "purchase_order_not_found"),
        ("post", "/api/purchasing/orders/{number}/cancel/", "purchase_order_not_found"),
    ],
)
def test_rules_and_orders_of_another_seller_are_not_found(method: str, path: str, code: str) -> None:
    seller, other = shop.seller(), shop.seller()
    low = shop.variant(stock=2, sold_by=seller)
    owner = client_of(seller)
    owner.put(f"/api/purchasing/rules/{low.pk}/", {"reorder_point": 5, "target_stock": 20})
    (order,) = owner.post("/api/purchasing/orders/").json()["data"]

    response = getattr(client_of(other), method)(path.format(variant=low.pk, number=order["number"]), {})

    assert (response.status_code, response.json()["code"]) == (404, code)


def test_another_sellers_supplier_is_refused() -> None:
    seller, other = shop.seller(), shop.seller()
    low = shop.variant(stock=2, sold_by=seller)
    foreign = client_of(other).post("/api/purchasing/suppliers/", {"name": "Kupfer"}).json()["data"]

    response = client_of(seller).put(f"/api/purchasing/rules/{low.pk}/", {"supplier": foreign["id"]})

    assert (response.status_code, response.json()["code"]) == (404, "supplier_not_found")


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        ({"reorder_point": 20, "target_stock": 20}, "target_stock"),
        ({"reorder_point": -1}, "reorder_point"),
        ({"pack_size": 0}, "pack_size"),
        ({"lead_time_days": 1.5}, "lead_time_days"),
        ({"unit_cost": "-1"}, "unit_cost"),
        ({"unit_cost": "1.505"}, "unit_cost"),
        ({"unit_cost": "99999999999"}, "unit_cost"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_the_error_for_an_invalid_rule_names_the_field(rule: dict[str, object], field: str) -> None:
    seller = shop.seller()
    low = shop.variant(sold_by=seller)

    response = client_of(seller).put(f"/api/purchasing/rules/{low.pk}/", rule)

    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]


@pytest.mark.parametrize(("currency", "cost", "status"), [("JPY", "1.5", 400), ("KWD", "1.505", 200)])
def test_a_unit_cost_has_the_decimal_places_of_the_currency(currency: str, cost: str, status: int) -> None:
    seller = shop.seller()
    low = shop.variant(sold_by=seller, currency=currency)

    response = client_of(seller).put(f"/api/purchasing/rules/{low.pk}/", {"unit_cost": cost})

    assert response.status_code == status


def test_a_second_supplier_of_the_same_name_is_refused() -> None:
    client = client_of(shop.seller())
    client.post("/api/purchasing/suppliers/", {"name": "Kupfer"})

    response = client.post("/api/purchasing/suppliers/", {"name": "Kupfer"})

    assert (response.status_code, response.json()["code"]) == (409, "supplier_exists")


def test_customers_cannot_reorder() -> None:
    assert client_of(shop.customer()).get("/api/purchasing/proposals/").status_code == 403
