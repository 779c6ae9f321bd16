"""Products, carts, orders and returns in currencies with zero, two, three and four decimal places."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from backend.orders.models import Movement
from tests.backend.orders.steps import ADDRESS
from tests.backend.shop import client_of, customer, seller, staff, variant

pytestmark = pytest.mark.django_db

CART, ORDERS = "/api/orders/cart/", "/api/orders/orders/"


def data(response: Any, *, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return response.json()["data"]


@pytest.mark.parametrize(
    ("currency", "price", "half", "three", "returned"),
    [
        ("JPY", "333", "167", "501", "167"),
        ("USD", "89.00", "44.50", "133.50", "44.50"),
        ("KWD", "1.505", "0.753", "2.259", "0.753"),
        ("CLF", "1.0005", "0.5003", "1.5009", "0.5003"),
    ],
)
def test_amounts_have_the_currencys_decimal_places_from_product_to_return(
    currency: str, price: str, half: str, three: str, returned: str
) -> None:
    owner, shopper = seller(), customer()
    lamp = variant(price=price, currency=currency, sold_by=owner)
    path = f"/api/products/{lamp.product_id}/"
    changed = data(client_of(owner).patch(path, {"discount_percentage": "50"}))
    changed_variant = changed["variants"][0]
    assert (changed["price"], changed["sale_price"], changed["currency"]) == (price, half, currency)
    assert (changed_variant["price"], changed_variant["sale_price"]) == (price, half)
    client = client_of(shopper)
    cart = data(client.post(CART, {"variant_id": lamp.pk, "quantity": 3}), status=201)
    line = cart["items"][0]
    assert (line["unit_price"], line["total_price"], cart["subtotal"]) == (half, three, three)
    order = data(client.post(ORDERS, {"shipping_address": ADDRESS, "expected_total": three}), status=201)
    assert (order["subtotal"], order["total_amount"], order["currency"]) == (three, three, currency)
    assert order["items"][0]["unit_price"] == half
    returned_items = {"items": [{"item_id": order["items"][0]["id"], "quantity": 1}]}
    staff_client = client_of(staff())
    data(staff_client.post(f"{ORDERS}{order['id']}/ship/", {}))
    data(staff_client.post(f"{ORDERS}{order['id']}/return/", returned_items))
    movement = Movement.objects.get(kind="RETURN")
    assert f"{movement.amount.normalize():f}" == returned.rstrip("0")
    assert client.get(ORDERS).json()["results"][0]["total_amount"] == three


@pytest.mark.parametrize(
    ("currency", "amount", "message"),
    [
        ("JPY", "166.5", "An amount in JPY has no decimal places."),
        ("USD", "1.005", "An amount in USD has at most 2 decimal places."),
        ("KWD", "1.0005", "An amount in KWD has at most 3 decimal places."),
    ],
)
def test_an_amount_with_too_many_decimal_places_is_refused(currency: str, amount: str, message: str) -> None:
    owner, shopper = seller(), customer()
    lamp = variant(price="10", currency=currency, sold_by=owner)
    responses: list[Any] = [client_of(owner).patch(f"/api/products/{lamp.product_id}/", {"price": amount})]
    client: APIClient = client_of(shopper)
    data(client.post(CART, {"variant_id": lamp.pk}), status=201)
    responses.append(client.post(ORDERS, {"shipping_address": ADDRESS, "expected_total": amount}))
    for response, field in zip(responses, ("price", "expected_total"), strict=True):
        assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
        assert response.json()["details"] == {field: [message]}
