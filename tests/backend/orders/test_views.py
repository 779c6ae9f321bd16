"""Orders over HTTP."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from backend.accounts.models import User
from backend.orders.models import Order
from tests.backend.orders.steps import ADDRESS, fill, order_of
from tests.backend.shop import NOW, client_of, customer, product, seller, staff, stock_of, variant

pytestmark = pytest.mark.django_db

ORDERS = "/api/orders/orders/"


@pytest.fixture
def shopper() -> User:
    return customer()


def test_checkout_returns_the_order(shopper: User) -> None:
    lamp = variant(price="10.00")
    fill(shopper, {lamp.pk: 2})
    response = client_of(shopper).post(
        ORDERS, {"shipping_address": ADDRESS, "notes": "Please deliver after 5 PM"}
    )
    body = response.json()
    order = Order.objects.get()
    assert (response.status_code, body["status"], body["message"]) == (201, 201, "Order placed.")
    (item,) = body["data"].pop("items")
    (payment,) = body["data"].pop("payments")
    assert (payment["gateway"], payment["amount"], payment["status"]) == ("cod", "20.00", "PENDING")
    assert [step["status"] for step in body["data"].pop("history")] == ["PENDING", "CONFIRMED"]
    for moment in ("placed_at", "created_at", "updated_at"):
        body["data"].pop(moment)
    assert body["data"] == {
        "id": order.pk,
        "order_number": order.order_number,
        "user": shopper.pk,
        "customer_name": "",
        "customer_phone": shopper.phone,
        "email": "",
        "status": "CONFIRMED",
        "payment_status": "PENDING",
        "payment_method": "COD",
        "currency": "USD",
        "prices_include_tax": False,
        "discount_amount": "0.00",
        "subtotal": "20.00",
        "promotions": [],
        "tax_amount": "0.00",
        "shipping_cost": "0.00",
        "charges": "0.00",
        "charge_lines": [],
        "total_amount": "20.00",
        "shipping_method": "standard",
        "shipping_address": {**ADDRESS, "country": "US"},
        "billing_address": {},
        "notes": "Please deliver after 5 PM",
        "expires_at": None,
        "shipments": [],
    }
    assert (item["variant"], item["quantity"], item["unit_price"], item["total_price"], item["returned"]) == (
        lamp.pk,
        2,
        "10.00",
        "20.00",
        0,
    )


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"shipping_address": {**ADDRESS, "postal_code": "ABCDE"}}, "shipping_address.postal_code"),
        (
            {"billing_address": {**ADDRESS, "state": "Kowloon", "country": "HK"}},
            "billing_address.postal_code",
        ),
        ({"shipping_address": None}, "shipping_address"),
        ({"shipping_address": "123 Main St"}, "shipping_address"),
        ({"shipping_address": {**ADDRESS, "city": ""}}, "shipping_address.city"),
        ({"shipping_address": {**ADDRESS, "planet": "Mars"}}, "shipping_address.planet"),
        ({"notes": "x" * 1_001}, "notes"),
        ({"expected_total": "-1.00"}, "expected_total"),
        ({"coupon": "HALF"}, "coupon"),
    ],
)
def test_invalid_input_names_the_field(wrong: dict[str, object], field: str, shopper: User) -> None:
    fill(shopper, {variant().pk: 1})
    response = client_of(shopper).post(ORDERS, {"shipping_address": ADDRESS} | wrong)
    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]
    assert not Order.objects.exists()


def test_an_address_keeps_only_its_filled_fields(shopper: User) -> None:
    fill(shopper, {variant().pk: 1})
    address = {**ADDRESS, "street2": "", "phone": "+15550100"}
    data = client_of(shopper).post(ORDERS, {"shipping_address": address}).json()["data"]
    assert data["shipping_address"] == {**ADDRESS, "country": "US", "phone": "+15550100"}


def test_an_empty_cart_is_a_bad_request(shopper: User) -> None:
    response = client_of(shopper).post(ORDERS, {"shipping_address": ADDRESS})
    assert (response.status_code, response.json()["error"]) == (400, "Your cart is empty.")


def test_missing_stock_is_a_conflict_with_the_unavailable_items(shopper: User) -> None:
    lamp = variant(stock=1)
    fill(shopper, {lamp.pk: 1})
    order_of(customer(), {lamp.pk: 1})
    response = client_of(shopper).post(ORDERS, {"shipping_address": ADDRESS})
    assert response.status_code == 409
    (item,) = response.json()["details"]["items"]
    assert (item["variant_id"], item["problem"], item["available"]) == (lamp.pk, "insufficient_stock", 0)


def test_a_request_with_the_same_key_gets_the_first_response_even_after_the_order_changed(
    shopper: User,
) -> None:
    fill(shopper, {variant(stock=5).pk: 1})
    client = client_of(shopper)
    checkout, headers = {"shipping_address": ADDRESS}, {"Idempotency-Key": "a-key"}
    first = client.post(ORDERS, checkout, headers=headers)
    client_of(staff()).post(f"{ORDERS}{first.json()['data']['id']}/ship/")
    again = client.post(ORDERS, checkout, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert Order.objects.count() == 1


def test_the_same_key_with_another_body_is_a_conflict(shopper: User) -> None:
    fill(shopper, {variant().pk: 1})
    client, headers = client_of(shopper), {"Idempotency-Key": "a-key"}
    client.post(ORDERS, {"shipping_address": ADDRESS}, headers=headers)
    response = client.post(ORDERS, {"shipping_address": {**ADDRESS, "street": "Elsewhere"}}, headers=headers)
    assert response.status_code == 409
    assert "Idempotency-Key" in response.json()["error"]


def test_a_failed_checkout_can_be_repeated_with_the_same_key(shopper: User) -> None:
    client, headers = client_of(shopper), {"Idempotency-Key": "a-key"}
    checkout = {"shipping_address": ADDRESS}
    assert client.post(ORDERS, checkout, headers=headers).status_code == 400
    fill(shopper, {variant().pk: 1})
    assert client.post(ORDERS, checkout, headers=headers).status_code == 201


def test_customers_see_their_own_orders_and_staff_see_all(shopper: User) -> None:
    mine, other = order_of(shopper, {variant().pk: 2}), order_of(customer(), {variant().pk: 1})
    client = client_of(shopper)
    page = client.get(ORDERS).json()
    assert (page["count"], [row["id"] for row in page["results"]]) == (1, [mine.pk])
    assert (page["results"][0]["item_count"], page["results"][0]["units"]) == (1, 2)
    assert client.get(f"{ORDERS}{mine.pk}/").json()["data"]["order_number"] == mine.order_number
    assert client.get(f"{ORDERS}{other.pk}/").status_code == 404
    assert client_of(staff()).get(ORDERS).json()["count"] == 2
    assert client_of(staff()).get(f"{ORDERS}{other.pk}/").status_code == 200


def test_orders_can_be_filtered_by_status(shopper: User) -> None:
    order_of(shopper, {variant().pk: 1})
    client = client_of(shopper)
    assert client.get(ORDERS, {"status": "CONFIRMED"}).json()["count"] == 1
    assert client.get(ORDERS, {"status": "SHIPPED"}).json()["count"] == 0
    assert "CONFIRMED" in client.get(ORDERS, {"status": "LOST"}).json()["details"]["status"][0]
    assert client.get(ORDERS, {"colour": "red"}).status_code == 400
    assert client.get(ORDERS, {"page": 2}).status_code == 404


def test_staff_can_take_an_order_through_all_steps(shopper: User) -> None:
    lamp = variant(stock=5)
    order = order_of(shopper, {lamp.pk: 2})
    client, path = client_of(staff()), f"{ORDERS}{order.pk}/"
    assert client.post(f"{path}ship/", {"note": "by post"}).json()["data"]["status"] == "SHIPPED"
    assert client.post(f"{path}ship/").status_code == 409
    assert client.post(f"{path}deliver/").json()["data"]["payment_status"] == "PAID"
    item = order.items.get()
    response = client.post(
        f"{path}return/", {"items": [{"item_id": item.pk, "quantity": 1}], "note": "too bright"}
    )
    assert response.json()["data"]["items"][0]["returned"] == 1
    assert stock_of(lamp.pk) == (4, 0)


@pytest.mark.parametrize(
    ("items", "field"),
    [
        (None, "items"),
        ([], "items"),
        ([{"item_id": 1}], "items.0.quantity"),
        ([{"item_id": 1, "quantity": 0}], "items.0.quantity"),
        ([{"item_id": 1, "quantity": 1}, {"item_id": 1, "quantity": 1}], "items"),
        ({"1": 2}, "items"),
    ],
)
def test_an_invalid_return_names_the_field(items: object, field: str, shopper: User) -> None:
    order = order_of(shopper, {variant().pk: 1})
    response = client_of(staff()).post(f"{ORDERS}{order.pk}/return/", {"items": items})
    assert response.status_code == 400
    assert list(response.json()["details"]) == [field]


@pytest.mark.parametrize("step", ["ship", "deliver", "return"])
def test_only_staff_can_ship_deliver_and_accept_returns(step: str, shopper: User) -> None:
    order = order_of(shopper, {variant().pk: 1})
    for user in (shopper, seller()):
        assert client_of(user).post(f"{ORDERS}{order.pk}/{step}/").status_code == 403
    order.refresh_from_db()
    assert order.status == "CONFIRMED"


def test_customers_can_cancel_their_own_orders_until_they_are_shipped(shopper: User) -> None:
    first, second = (order_of(shopper, {variant().pk: 1}) for _ in range(2))
    client = client_of(shopper)
    assert client_of(customer()).post(f"{ORDERS}{first.pk}/cancel/").status_code == 404
    assert client.post(f"{ORDERS}{first.pk}/cancel/").json()["data"]["status"] == "CANCELLED"
    client_of(staff()).post(f"{ORDERS}{second.pk}/ship/")
    response = client.post(f"{ORDERS}{second.pk}/cancel/")
    assert (response.status_code, response.json()["details"]["status"]) == (409, "SHIPPED")


@pytest.mark.parametrize("path", [ORDERS, f"{ORDERS}1/"])
def test_guests_cannot_list_orders(path: str) -> None:
    assert client_of().get(path).status_code == 401


def test_the_number_of_queries_does_not_grow_with_the_order() -> None:
    small, large = customer(), customer()
    choices = list(product(stock=[5] * 12).variants.all())
    staff_client = client_of(staff())
    counts = []
    for user, size in ((small, 2), (large, 12)):
        fill(user, {choice.pk: 1 for choice in choices[:size]})
        client, measured = client_of(user), []
        with CaptureQueriesContext(connection) as queries:
            order = client.post(ORDERS, {"shipping_address": ADDRESS}).json()["data"]
        measured.append(len(queries))
        steps = [
            ("ship/", {}),
            ("return/", {"items": [{"item_id": item["id"], "quantity": 1} for item in order["items"]]}),
        ]
        for step, body in steps:
            with CaptureQueriesContext(connection) as queries:
                assert staff_client.post(f"{ORDERS}{order['id']}/{step}", body).status_code == 200
            measured.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            client.get(f"{ORDERS}{order['id']}/")
        counts.append([*measured, len(queries)])
    assert counts[0] == counts[1]
    assert counts[0][-1] == 7


def test_a_page_of_orders_takes_three_queries(shopper: User) -> None:
    lamp, client = variant(stock=20), client_of(shopper)
    for _ in range(2):
        for _ in range(3):
            order_of(shopper, {lamp.pk: 1}, at=NOW)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(ORDERS).status_code == 200
        assert len(queries) == 3


def test_checkout_takes_few_statements_whatever_the_number_of_lines() -> None:
    """Count the statements between BEGIN and COMMIT."""
    choices = list(product(stock=[5] * 12).variants.all())
    counts = []
    for size in (1, 12):
        user = customer()
        fill(user, {choice.pk: 1 for choice in choices[:size]})
        headers = {"Idempotency-Key": f"key-{size}"}
        with CaptureQueriesContext(connection) as queries:
            client_of(user).post(ORDERS, {"shipping_address": ADDRESS}, headers=headers)
        statements = [query["sql"] for query in queries]
        begins = next(number for number, sql in enumerate(statements) if "DELETE" in sql)
        counts.append(len([sql for sql in statements[begins:] if not sql.startswith("RELEASE")]))
    # SQLite inserts the last rows, of four tables, by a statement for each table.
    assert counts == [8, 8] if connection.vendor == "postgresql" else [12, 12]


def test_a_guest_orders_with_a_cart_token_and_sees_the_order_with_it() -> None:
    guest, lamp = client_of(), variant(price="10.00")
    added = guest.post("/api/orders/cart/", {"variant_id": lamp.pk}).json()["data"]
    token = {"X-Cart-Token": added["cart_token"]}
    asked = {"shipping_address": {**ADDRESS, "name": "Ada King"}, "email": "ada@example.org"}
    keyed = {**token, "Idempotency-Key": "k"}
    placed = guest.post(ORDERS, asked, headers=keyed)
    order = placed.json()["data"]
    assert (placed.status_code, order["user"], order["email"]) == (201, None, "ada@example.org")
    assert order["customer_name"] == "Ada King"
    assert guest.post(ORDERS, asked, headers=keyed).content == placed.content
    assert guest.get(ORDERS, headers=token).json()["count"] == 1
    assert guest.get(f"{ORDERS}{order['id']}/", headers=token).json()["data"]["total_amount"] == "10.00"
    assert guest.post(f"{ORDERS}{order['id']}/cancel/", headers=token).status_code == 200
    other = {"X-Cart-Token": "o" * 43}
    assert guest.get(f"{ORDERS}{order['id']}/", headers=other).status_code == 404
    assert [guest.get(ORDERS).status_code, guest.post(ORDERS, asked).status_code] == [401, 401]


def test_a_guests_order_needs_an_e_mail_address() -> None:
    guest = client_of()
    added = guest.post("/api/orders/cart/", {"variant_id": variant().pk}).json()["data"]
    response = guest.post(
        ORDERS, {"shipping_address": ADDRESS}, headers={"X-Cart-Token": added["cart_token"]}
    )
    assert (response.status_code, list(response.json()["details"])) == (400, ["email"])


def test_a_customer_cannot_hold_more_units_of_a_product_than_the_limit(
    shopper: User, settings: Settings
) -> None:
    settings.CUSTOMER_UNIT_LIMIT = 3
    small, large = product(stock=[9, 9]).variants.all()
    order_of(shopper, {small.pk: 2})
    fill(shopper, {large.pk: 2})
    client = client_of(shopper)
    response = client.post(ORDERS, {"shipping_address": ADDRESS})
    assert (response.status_code, response.json()["code"]) == (409, "unit_limit_exceeded")
    assert response.json()["details"]["items"][0]["units"] == 4
    keeper = client_of(staff())
    keeper.post(f"{ORDERS}{Order.objects.get().pk}/ship/")
    assert client.post(ORDERS, {"shipping_address": ADDRESS}).status_code == 201


def test_an_order_through_a_gateway_waits_for_its_payment_which_its_owner_sees(shopper: User) -> None:
    fill(shopper, {variant(price="10.00").pk: 1})
    client = client_of(shopper)
    asked = {"shipping_address": ADDRESS, "payment_method": "TEST", "payment_options": {"scenario": "action"}}
    order = client.post(ORDERS, asked).json()["data"]
    (payment,) = order["payments"]
    assert (order["status"], payment["gateway"], payment["status"]) == ("PENDING", "test", "PENDING")
    assert (
        client.get(f"/api/payments/{payment['id']}/").json()["data"]["order_number"] == order["order_number"]
    )
    assert client_of(customer()).get(f"/api/payments/{payment['id']}/").status_code == 404
    assert client.get(f"{ORDERS}{order['id']}/").json()["data"]["payments"] == [payment]


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"payment_method": "STRIPE"}, (400, "payment_gateway_not_offered")),
        ({"payment_method": "ELSEWHERE"}, (400, "invalid_input")),
        ({"payment_method": "TEST", "payment_options": {"scenario": "unheard of"}}, (400, "invalid_input")),
        ({"payment_options": {"scenario": "approve"}}, (400, "invalid_input")),
    ],
)
def test_a_way_to_pay_that_the_shop_does_not_offer_is_refused(
    shopper: User, asked: dict[str, Any], expected: tuple[int, str]
) -> None:
    fill(shopper, {variant().pk: 1})
    response = client_of(shopper).post(ORDERS, {"shipping_address": ADDRESS, **asked})
    assert (response.status_code, response.json()["code"]) == expected
    assert not Order.objects.exists()
    assert client_of(shopper).get("/api/orders/cart/").json()["data"]["units"] == 1
