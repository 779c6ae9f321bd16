"""A customer who has used the whole shop, and everything that must not be found after the erasure."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

from django.apps import apps
from django.db import connection
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.catalog.models import Product
from backend.invoices.services import issue
from backend.notifications.models import Delivery, NotificationKind
from backend.orders.models import Order
from backend.orders.returns import Condition, approve, receive, request_return
from backend.orders.settlement import settle_number
from backend.orders.shipments import deliver_all, ship_all
from tests.backend.shop import NOW, SYSTEM, product

PHONE = "+16502530000"
PASSWORD = "a-long-lamp-shade"
SEARCHED = "pyjamas with zebras for aunt maud"
ADDRESS = {
    "name": "Zebedee Quartermaine",
    "company": "Quartermaine & Daughters",
    "street": "77 Wisteria Mews",
    "street2": "Flat Ninety-One",
    "city": "New York",
    "state": "NY",
    "postal_code": "10001",
    "country": "US",
    "phone": "+12125550177",
    "vat_number": "DE123456789",
}
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0 Quux"
PERSONAL_VALUES = (
    "6502530000",
    "650) 253-0000",
    "Zebedee",
    "Quartermaine",
    "zebedee@quartermaine.example",
    "1971-02-03",
    "Wisteria Mews",
    "Flat Ninety-One",
    "2125550177",
    "DE123456789",
    "Firefox/140.0 Quux",
    "198.51.100.77",
    "leave it with Mrs Applegarth",
    "the sleeves are too short for Zeb",
    "TRACK-ME-4711",
    SEARCHED,
)


@dataclass
class ActiveCustomer:
    """The customer, with the ids by which stores know the customer."""

    user: User
    client: APIClient
    anonymous_id: UUID
    order: Order
    ids: tuple[UUID, ...] = field(default=())


def active_customer(*, items: list[Product] | None = None) -> ActiveCustomer:
    """Register a customer who browsed as a guest before, and has used every part of the shop."""
    lamp, sold_out = items or [product("A lamp", stock=20), product("A vase", stock=0)]
    anonymous_id = uuid4()
    client = APIClient(
        headers={"User-Agent": USER_AGENT, "X-Anonymous-Id": str(anonymous_id)}, REMOTE_ADDR="198.51.100.77"
    )
    sent = _sender(client)
    registration = {
        "phone": "(650) 253-0000",
        "password": PASSWORD,
        "first_name": "Zebedee",
        "last_name": "Quartermaine",
        "date_of_birth": "1971-02-03",
        "user_type": "CUSTOMER",
    }
    sent("POST", "/accounts/register/", registration)
    sent("POST", "/accounts/forgot-password/", {"phone": PHONE})
    log_in(client)
    sent("PATCH", "/accounts/me/", {"email": "zebedee@quartermaine.example", "marketing_consent": True})
    sent("POST", "/api/accounts/addresses/", {**ADDRESS, "is_default_shipping": True})
    user = User.objects.get(phone=PHONE)
    order = _delivered_order(sent, lamp)
    _return_one(user, order)
    # What stays in the cart, and a message that waits to be sent.
    sent("POST", "/api/orders/cart/", {"product_id": lamp.pk, "quantity": 1})
    sent("POST", f"/api/products/{sold_out.pk}/back-in-stock/", {})
    sent("POST", "/api/wish-lists/items/", {"product_id": sold_out.pk, "note": "For Zebedee"})
    Delivery.objects.create(
        kind=NotificationKind.BACK_IN_STOCK,
        channel="email",
        recipient=user,
        address=user.email or "zebedee@quartermaine.example",
        queued_at=NOW,
        due_at=NOW,
    )
    return ActiveCustomer(user, client, anonymous_id, order, ids=(user.shopper_key, anonymous_id))


def log_in(client: APIClient) -> dict[str, Any]:
    client.credentials()
    response = client.post("/accounts/login/", {"phone": PHONE, "password": PASSWORD})
    assert response.status_code == 200, response.json()
    tokens: dict[str, Any] = response.json()["data"]
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {tokens['access_token']}")
    return tokens


def _sender(client: APIClient) -> Any:
    def send(method: str, path: str, body: object, **headers: str) -> Any:
        response = client.generic(method, path, json.dumps(body), "application/json", headers=headers)
        assert response.status_code < 300, (path, response.content)
        return response.json()["data"]

    return send


def _delivered_order(sent: Any, lamp: Product) -> Order:
    sent("POST", "/api/orders/cart/", {"product_id": lamp.pk, "quantity": 3, "exposure_id": str(uuid4())})
    placed = sent(
        "POST",
        "/api/orders/orders/",
        {
            "shipping_address": ADDRESS,
            "payment_method": "COD",
            "notes": "leave it with Mrs Applegarth",
        },
        **{"Idempotency-Key": str(uuid4())},
    )
    order = Order.objects.get(pk=placed["id"])
    ship_all(order.pk, by=SYSTEM, now=timezone.now())
    order.shipments.update(carrier="UPS", tracking_number="TRACK-ME-4711")
    deliver_all(order.pk, by=SYSTEM, now=timezone.now(), note="leave it with Mrs Applegarth")
    issue([order.pk], by=SYSTEM, now=timezone.now())
    return order


def _return_one(user: User, order: Order) -> None:
    item, now = order.items.get(), timezone.now()
    returned = request_return(
        order.pk,
        units={item.pk: 1},
        reasons={},
        note="the sleeves are too short for Zeb",
        by=Actor.user(user.pk),
        now=now,
    )
    approve(returned.pk, by=SYSTEM, now=now)
    receive(returned.pk, conditions={item.pk: Condition(resellable=1)}, by=SYSTEM, now=now)
    settle_number(order.order_number, by=SYSTEM, now=now)
    issue([order.pk], by=SYSTEM, now=now)


def spellings(buyer: ActiveCustomer) -> list[str]:
    """Return everything that must not be found, in the spellings that stores have, in lower case."""
    ids = [spelling for key in buyer.ids for spelling in (str(key), key.hex)]
    return [value.lower() for value in (*PERSONAL_VALUES, *ids)]


def rows_of_all_tables() -> Iterator[tuple[str, str]]:
    """Yield each row of each table as text, with the table's name."""
    tables = connection.introspection.table_names()
    assert {model._meta.db_table for model in apps.get_models()} <= set(tables)
    with connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                yield table, repr(row).lower()


def found_in_database(values: list[str]) -> set[tuple[str, str]]:
    """Return the tables in which any of the values is found."""
    return {(table, value) for table, row in rows_of_all_tables() for value in values if value in row}
