"""An order is paid by the test gateway, with all processes running."""

from typing import Any

import pytest

from tests.journeys.test_revenue_of_a_query import ADDRESS, search
from tests.services.shop import Shop
from tests.services.waiting import wait_until

pytestmark = pytest.mark.stores


def order_by(shop: Shop, token: str, *, scenario: str) -> dict[str, Any]:
    """Order a mug that is paid by the test gateway."""
    product, exposure_id = search(shop, "mug", token=token)
    item = {"product_id": product["id"], "quantity": 1, "exposure_id": exposure_id}
    status, body = shop.post("/api/orders/cart/", item, token=token)
    assert status == 201, body
    order = {
        "shipping_address": ADDRESS,
        "payment_method": "TEST",
        "payment_options": {"scenario": scenario},
    }
    status, body = shop.post("/api/orders/orders/", order, token=token)
    assert status == 201, body
    return dict(body["data"])


def shown(shop: Shop, path: str, *, token: str) -> dict[str, Any]:
    status, body = shop.get(path, token=token)
    assert status == 200, body
    return dict(body["data"])


@pytest.mark.parametrize("scenario", ["approve", "action", "duplicate", "early"])
def test_a_paid_order_is_confirmed(shop: Shop, customer: str, scenario: str) -> None:
    order = order_by(shop, customer, scenario=scenario)
    assert (order["status"], order["payment_status"]) == ("PENDING", "PENDING")
    (payment,) = order["payments"]
    path = f"/api/payments/{payment['id']}/"

    if scenario == "action":
        wait_until(
            lambda: shown(shop, path, token=customer)["client_data"] != {}, what="the customer may pay"
        )
        data = shown(shop, path, token=customer)["client_data"]
        status, body = shop.request(
            "POST",
            data["url"],
            body=data["approve_body"].encode(),
            headers={data["header"]: data["approve_signature"], "Content-Type": "application/json"},
        )
        assert status == 200, body

    placed = f"/api/orders/orders/{order['id']}/"
    wait_until(
        lambda: shown(shop, placed, token=customer)["status"] == "CONFIRMED", what="the order is confirmed"
    )
    paid = shown(shop, path, token=customer)
    assert (paid["status"], paid["captured"]) == ("CAPTURED", order["total_amount"])
    assert shown(shop, placed, token=customer)["payment_status"] == "PAID"
