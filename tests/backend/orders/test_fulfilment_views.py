"""Shipments, sales, returns, searches and lookups over HTTP."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.api.owners import guest_with, new_cart_token
from backend.orders.fulfilment_models import Return
from backend.orders.fulfilment_views import LookupThrottle
from backend.orders.models import Order
from backend.orders.shipments import deliver_all, ship_all
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, SYSTEM, client_of, customer, seller, staff, stock_of, variant

pytestmark = pytest.mark.django_db

ORDERS = "/api/orders/orders/"
SALES = "/api/orders/sales/"
RETURNS = "/api/orders/returns/"
LOOKUP = "/api/orders/lookup/"


class Scene:
    """An order of two units of each of two sellers, and users with every role."""

    def __init__(self) -> None:
        self.seller, self.other_seller, self.customer = seller(), seller(), customer(first_name="Ada")
        lamp, chair = variant(sold_by=self.seller), variant(sold_by=self.other_seller)
        self.order = order_of(self.customer, {lamp.pk: 2, chair.pk: 2})
        self.own, self.foreign = self.order.items.all()
        self.token = new_cart_token()

    def client(self, role: str) -> APIClient:
        users: dict[str, Callable[[], User]] = {
            "customer": lambda: self.customer,
            "other customer": customer,
            "seller": lambda: self.seller,
            "stranger": seller,
            "staff": staff,
        }
        if role in users:
            return client_of(users[role]())
        client = APIClient()
        if role != "no token":
            token = self.token if role == "guest" else new_cart_token()
            client.credentials(HTTP_X_CART_TOKEN=token)
        return client

    def of_guest(self) -> "Scene":
        guest = guest_with(self.token).guest
        Order.objects.filter(pk=self.order.pk).update(user=None, guest=guest, email="Ada@example.org")
        return self

    def shipped(self) -> "Scene":
        ship_all(self.order.pk, by=SYSTEM, now=NOW)
        return self

    def delivered(self) -> "Scene":
        deliver_all(self.shipped().order.pk, by=SYSTEM, now=NOW)
        return self


@pytest.fixture
def scene() -> Scene:
    return Scene()


def units(item_id: int, quantity: int = 1, **fields: Any) -> dict[str, Any]:
    return {"items": [{"item_id": item_id, "quantity": quantity, **fields}]}


@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("no token", 401),
        ("guest", 401),
        ("customer", 403),
        ("stranger", 404),
        ("seller", 201),
        ("staff", 201),
    ],
)
def test_who_may_ship(scene: Scene, role: str, status: int) -> None:
    path, client = f"{ORDERS}{scene.order.pk}/shipments/", scene.client(role)
    body = {**units(scene.own.pk), "carrier": "DHL", "tracking_number": "1Z"}
    response = client.post(path, body, format="json")
    assert response.status_code == status
    if status == 201:
        shipment = response.json()["data"]
        assert (shipment["carrier"], shipment["seller"]) == ("DHL", scene.seller.pk)
        assert shipment["items"] == [{"item_id": scene.own.pk, "quantity": 1}]
        delivered = client.post(f"{path}{shipment['id']}/deliver/", {}, format="json")
        assert delivered.json()["data"]["delivered_at"] is not None
        again = client.post(f"{path}{shipment['id']}/deliver/", {}, format="json")
        assert (again.status_code, again.json()["code"]) == (409, "shipment_delivered")


def test_a_seller_ships_and_delivers_only_own_items(scene: Scene) -> None:
    client, path = scene.client("seller"), f"{ORDERS}{scene.order.pk}/shipments/"
    assert client.post(path, units(scene.foreign.pk), format="json").status_code == 400
    scene.shipped()
    foreign = scene.order.shipments.get(seller=scene.other_seller)
    assert client.post(f"{path}{foreign.pk}/deliver/", {}, format="json").status_code == 404
    own = scene.order.shipments.get(seller=scene.seller)
    for order_id, shipment_id in ((scene.order.pk + 1, own.pk), (2**63, own.pk), (scene.order.pk, 2**63)):
        elsewhere = f"{ORDERS}{order_id}/shipments/{shipment_id}/deliver/"
        assert client.post(elsewhere, {}, format="json").status_code == 404


def test_a_seller_sees_own_items_and_nothing_else_of_the_order(scene: Scene) -> None:
    scene.shipped()
    client = scene.client("seller")
    page = client.get(SALES).json()
    (sale,) = page["results"]
    assert sale == client.get(f"{SALES}{scene.order.pk}/").json()["data"]
    assert [item["id"] for item in sale["items"]] == [scene.own.pk]
    assert [each["seller"] for each in sale["shipments"]] == [scene.seller.pk]
    assert set(sale) == {
        "id",
        "order_number",
        "status",
        "currency",
        "recipient",
        "shipping_address",
        "placed_at",
        "items",
        "shipments",
    }
    assert scene.client("stranger").get(SALES).json()["results"] == []
    for role, status in (("stranger", 404), ("customer", 403), ("no token", 401)):
        assert scene.client(role).get(f"{SALES}{scene.order.pk}/").status_code == status


def test_the_number_of_queries_does_not_grow_with_the_number_of_sales(scene: Scene) -> None:
    client = scene.client("seller")

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(SALES).status_code == 200
        return len(found)

    before = queries()
    order_of(customer(), {scene.own.variant_id: 1})
    assert queries() == before


def test_sales_to_ship_are_those_with_units_left_of_the_seller(scene: Scene) -> None:
    client = scene.client("seller")
    assert len(client.get(SALES, {"to_ship": "true"}).json()["results"]) == 1
    client.post(f"{ORDERS}{scene.order.pk}/shipments/", units(scene.own.pk, 2), format="json")
    assert client.get(SALES, {"to_ship": "true"}).json()["results"] == []
    (sale,) = client.get(SALES).json()["results"]
    assert sale["status"] == "SHIPPED", "the other seller's items don't count"


def test_a_seller_cancels_own_units_and_loses_the_address_with_the_last_one(scene: Scene) -> None:
    client, path = scene.client("seller"), f"{SALES}{scene.order.pk}/cancel/"
    assert client.post(path, units(scene.foreign.pk), format="json").status_code == 400
    sale = client.post(path, units(scene.own.pk), format="json").json()["data"]
    assert (sale["status"], sale["items"][0]["cancelled"]) == ("CONFIRMED", 1)
    assert sale["shipping_address"]["street"]
    sale = client.post(path, {}, format="json").json()["data"]
    assert (sale["status"], sale["shipping_address"], sale["recipient"]) == ("CANCELLED", {}, "")
    assert stock_of(scene.own.variant_id)[1] == 0
    assert scene.client("stranger").post(path, {}, format="json").status_code == 404


@pytest.mark.parametrize(
    ("role", "of_guest", "status"),
    [
        ("no token", False, 401),
        ("other guest", True, 404),
        ("other customer", False, 404),
        ("seller", False, 404),
        ("customer", False, 200),
        ("guest", True, 200),
        ("staff", False, 200),
    ],
)
def test_who_may_cancel_units(scene: Scene, role: str, of_guest: bool, status: int) -> None:
    if of_guest:
        scene.of_guest()
    client, path = scene.client(role), f"{ORDERS}{scene.order.pk}/cancel/"
    response = client.post(path, {**units(scene.own.pk), "note": "too many"}, format="json")
    assert response.status_code == status
    if status == 200:
        data = response.json()["data"]
        assert (data["status"], [item["cancelled"] for item in data["items"]]) == ("CONFIRMED", [1, 0])
        assert response.json()["message"] == "Units cancelled."
        too_many = client.post(path, units(scene.own.pk, 2), format="json")
        assert too_many.json()["details"]["items"] == [{"item_id": scene.own.pk, "requested": 2, "left": 1}]
        assert client.post(path, {}, format="json").json()["data"]["status"] == "CANCELLED"


@pytest.mark.parametrize(
    ("role", "of_guest", "status"),
    [
        ("no token", False, 401),
        ("other guest", True, 404),
        ("other customer", False, 404),
        ("seller", False, 404),
        ("customer", False, 201),
        ("guest", True, 201),
        ("staff", False, 201),
    ],
)
def test_who_may_request_a_return_and_withdraw_it(
    scene: Scene, role: str, of_guest: bool, status: int, settings: Any
) -> None:
    settings.RETURN_WINDOW = timedelta(days=10_000)
    if of_guest:
        scene.of_guest()
    scene.delivered()
    client = scene.client(role)
    body = {"order_id": scene.order.pk, **units(scene.own.pk, reason="DAMAGED"), "note": "cracked"}
    response = client.post(RETURNS, body, format="json")
    assert response.status_code == status
    if status != 201:
        return
    requested = response.json()["data"]
    assert (requested["status"], requested["items"][0]["reason"]) == ("REQUESTED", "DAMAGED")
    path = f"{RETURNS}{requested['id']}/"
    assert client.get(path).json()["data"] == requested
    assert client.get(RETURNS, {"status": "REQUESTED"}).json()["results"] == [requested]
    assert client.get(RETURNS, {"order_id": scene.order.pk + 1}).json()["results"] == []
    for stranger in ("other customer", "other guest", "seller"):
        assert scene.client(stranger).get(path).status_code == 404
        assert scene.client(stranger).post(f"{path}withdraw/").status_code == 404
    assert client.post(f"{path}withdraw/").json()["data"]["status"] == "WITHDRAWN"
    assert client.post(f"{path}withdraw/").json()["code"] == "return_step_not_allowed"


@pytest.mark.parametrize("step", ["approve", "reject", "receive"])
@pytest.mark.parametrize(
    ("role", "status"), [("no token", 401), ("guest", 401), ("customer", 403), ("seller", 403)]
)
def test_only_staff_decide_about_returns(scene: Scene, step: str, role: str, status: int) -> None:
    assert scene.client(role).post(f"{RETURNS}1/{step}/", {}, format="json").status_code == status


def test_a_return_is_approved_and_received_by_condition(scene: Scene) -> None:
    scene.shipped()
    client = scene.client("staff")
    body = {"order_id": scene.order.pk, **units(scene.own.pk, 2)}
    path = f"{RETURNS}{client.post(RETURNS, body, format='json').json()['data']['id']}/"
    approved = client.post(f"{path}approve/", {"note": "Please send it."}, format="json").json()["data"]
    assert (approved["status"], approved["decision_note"]) == ("APPROVED", "Please send it.")
    short = {"items": [{"item_id": scene.own.pk, "resellable": 1}]}
    assert client.post(f"{path}receive/", short, format="json").status_code == 400
    conditions = {"items": [{"item_id": scene.own.pk, "resellable": 1, "damaged": 1}]}
    received = client.post(f"{path}receive/", conditions, format="json").json()["data"]
    assert (received["status"], received["items"][0]["damaged"]) == ("REFUNDED", 1)
    assert stock_of(scene.own.variant_id) == (9, 0)
    assert Return.objects.get().refunded_at is not None


def test_a_return_after_the_window_is_refused(scene: Scene) -> None:
    scene.delivered()
    body = {"order_id": scene.order.pk, **units(scene.own.pk)}
    response = scene.client("customer").post(RETURNS, body, format="json")
    assert (response.status_code, response.json()["code"]) == (409, "return_too_large")
    assert scene.client("staff").post(RETURNS, body, format="json").status_code == 201


def test_a_guest_finds_an_order_by_number_and_address_without_its_payments(scene: Scene) -> None:
    scene.of_guest()
    body = {"order_number": scene.order.order_number.lower(), "email": "ada@EXAMPLE.org"}
    data = client_of().post(LOOKUP, body, format="json").json()["data"]
    assert data["order_number"] == scene.order.order_number
    assert not {"payments", "user"} & set(data)


def test_a_wrong_number_a_wrong_address_and_an_order_of_an_account_look_the_same(scene: Scene) -> None:
    Order.objects.update(email="ada@example.org")
    of_guest = Scene().of_guest()
    attempts = [
        {"order_number": scene.order.order_number, "email": "ada@example.org"},
        {"order_number": of_guest.order.order_number, "email": "eve@example.org"},
        {"order_number": "0000-0000-0000", "email": "ada@example.org"},
    ]
    responses = [client_of().post(LOOKUP, body, format="json") for body in attempts]
    assert [response.status_code for response in responses] == [404] * 3
    bodies = [
        {name: value for name, value in response.json().items() if name not in {"timestamp", "request_id"}}
        for response in responses
    ]
    assert bodies[0] == bodies[1] == bodies[2]


def test_lookups_are_throttled(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(LookupThrottle, "rate", "2/minute", raising=False)
    body = {"order_number": scene.order.order_number, "email": "eve@example.org"}
    client = APIClient(REMOTE_ADDR="198.51.100.77")
    statuses = [client.post(LOOKUP, body, format="json").status_code for _ in range(3)]
    assert statuses == [404, 404, 429]


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, True),
        ({"placed_from": "2026-03-02", "placed_to": "2026-03-02"}, True),
        ({"placed_from": "2026-03-03"}, False),
        ({"placed_to": "2026-03-01"}, False),
        ({"status": "CONFIRMED", "payment_status": "PENDING"}, True),
        ({"payment_status": "PAID"}, False),
        ({"customer": "ada"}, True),
        ({"customer": "ADA@example"}, True),
        ({"customer": "eve"}, False),
        ({"order_number": "0000"}, False),
    ],
)
def test_staff_search_orders(scene: Scene, parameters: dict[str, str], found: bool) -> None:
    scene.of_guest()
    response = scene.client("staff").get(ORDERS, parameters)
    assert (len(response.json()["results"]) == 1) is found


def test_staff_search_orders_by_number_and_phone(scene: Scene) -> None:
    order_of(customer(), {scene.own.variant_id: 1})
    number = scene.order.order_number.lower()
    for parameters in ({"order_number": number}, {"customer": str(scene.customer.phone)}):
        (found,) = scene.client("staff").get(ORDERS, parameters).json()["results"]
        assert found["id"] == scene.order.pk
