"""Who may do what with carts, addresses, orders, payments, shipments, returns, refunds and invoices.

access.md has the expected status of each request by role. A request of a guest is about a guest's order or
cart, any other request about a customer's.
"""

from collections.abc import Iterator
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from rest_framework.response import Response
from rest_framework.test import APIClient

from backend.accounts.models import User
from backend.addresses.models import Address
from backend.api.owners import Owner, guest_with, new_cart_token
from backend.audit.actors import Actor
from backend.carts.models import Cart
from backend.carts.services import Claim, add_item
from backend.orders.fulfilment_models import ReturnReason
from backend.orders.models import Order
from backend.orders.returns import approve, request_return
from backend.orders.shipments import deliver_all, ship_all
from backend.payments.models import Payment
from tests.backend.orders.steps import ADDRESS, order_of
from tests.backend.shop import NOW, SYSTEM, client_of, customer, seller, staff, variant

TABLE = Path(__file__).with_name("access.md")
ROLES = (
    "guest",
    "other guest",
    "no token",
    "customer",
    "other customer",
    "seller",
    "other seller",
    "staff",
)
GUESTS = ("guest", "other guest", "no token")
ONE_UNIT = "<one unit>"
BODIES: dict[str, dict[str, Any]] = {
    "POST /api/orders/cart/": {"product_id": "{product}", "quantity": 1},
    "PUT /api/orders/cart/{item}/": {"quantity": 2},
    "POST /api/orders/quote/": {"shipping_address": ADDRESS},
    "POST /api/orders/orders/": {"shipping_address": ADDRESS, "email": "ada@example.org"},
    "POST /api/orders/lookup/": {"order_number": "{number}", "email": "ada@example.org"},
    "POST /api/orders/orders/{delivered}/return/": {"items": ONE_UNIT},
    "POST /api/orders/orders/{confirmed}/refunds/": {"amount": "1.00", "reason": "Late"},
    "POST /api/orders/orders/{confirmed}/shipments/": {"items": ONE_UNIT},
    "POST /api/orders/sales/{confirmed}/cancel/": {"items": ONE_UNIT},
    "POST /api/orders/returns/": {"order_id": "{delivered}", "items": ONE_UNIT},
    "POST /api/orders/returns/{approved}/receive/": {
        "items": [{"item_id": "{delivered_item}", "resellable": 1}]
    },
    "POST /api/accounts/addresses/": ADDRESS,
    "PUT /api/accounts/addresses/{address}/": ADDRESS,
}
_addresses = count(1)


class Scene:
    """A customer's and a guest's cart, and orders in several statuses with items of two sellers."""

    def __init__(self) -> None:
        self.users = {
            "customer": customer(),
            "other customer": customer(),
            "seller": seller(),
            "other seller": seller(),
            "staff": staff(),
        }
        self.token = new_cart_token()
        lamp = variant(sold_by=self.users["seller"], stock=50)
        claim = Claim(exposure_id=None, shopper_key=None, added_at=NOW)
        owners = {"customer": Owner(user_id=self.buyer.pk), "guest": guest_with(self.token)}
        self.orders = [self.placed(lamp.pk) for _ in range(4)]
        for order in self.orders[1:]:
            ship_all(order.pk, by=SYSTEM, now=NOW)
        for order in self.orders[2:]:
            deliver_all(order.pk, by=SYSTEM, now=NOW)
        requested, approved = (self.requested(order) for order in self.orders[2:])
        approve(approved.pk, by=SYSTEM, now=NOW)
        for owner in owners.values():
            add_item(owner, product_id=None, variant_id=lamp.pk, quantity=1, claim=claim)
        address = Address.objects.create(user=self.buyer, **{**ADDRESS, "country": "US"})
        confirmed, shipped, _, delivered = self.orders
        shipment = shipped.shipments.get(seller=self.users["seller"])
        self.names: dict[str, Any] = {
            "product": lamp.product_id,
            "confirmed": confirmed.pk,
            "number": confirmed.order_number,
            "payment": Payment.objects.get(order_number=confirmed.order_number).pk,
            "shipped": shipped.pk,
            "shipment": shipment.pk,
            "delivered": delivered.pk,
            "requested": requested.pk,
            "approved": approved.pk,
            "delivered_item": delivered.items.get(seller=self.users["seller"]).pk,
            "confirmed_item": confirmed.items.get(seller=self.users["seller"]).pk,
            "address": address.pk,
        }

    @property
    def buyer(self) -> User:
        return self.users["customer"]

    def placed(self, variant_id: int) -> Order:
        return order_of(self.buyer, {variant_id: 2, variant().pk: 1})

    def requested(self, order: Order) -> Any:
        item = order.items.get(seller=self.users["seller"])
        return request_return(
            order.pk,
            units={item.pk: 1},
            reasons={item.pk: ReturnReason.OTHER},
            by=Actor.user(self.buyer.pk),
            now=NOW,
        )

    def give_to_guest(self) -> None:
        owner = guest_with(self.token)
        Order.objects.update(user=None, guest=owner.guest, email="ada@example.org")

    def client(self, role: str) -> APIClient:
        client = client_of(self.users.get(role))
        if role in ("guest", "other guest"):
            client.credentials(HTTP_X_CART_TOKEN=self.token if role == "guest" else new_cart_token())
        # Guests are throttled by IP address.
        number = next(_addresses)
        client.defaults["REMOTE_ADDR"] = f"10.0.{number // 250}.{number % 250}"
        return client

    def send(self, request: str, *, role: str) -> Response:
        """Send the request, and undo what it has changed."""
        with transaction.atomic():
            if role in GUESTS:
                self.give_to_guest()
            method, path = request.split()
            cart = Cart.objects.get(**self.cart_owner(role))
            names = {**self.names, "item": cart.items.get().pk}
            item = names[
                "delivered_item" if "{delivered}" in request or "returns" in path else "confirmed_item"
            ]
            body = {
                name: [{"item_id": item, "quantity": 1}] if value == ONE_UNIT else value
                for name, value in BODIES.get(request, {}).items()
            }
            client = self.client(role)
            response: Response = getattr(client, method.lower())(
                path.format(**names), _filled(body, names=names), format="json"
            )
            transaction.set_rollback(True)
        return response

    def cart_owner(self, role: str) -> dict[str, Any]:
        return guest_with(self.token).columns() if role in GUESTS else {"user": self.buyer}


def _filled(value: Any, *, names: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(each, names=names) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, names=names) for each in value]
    if isinstance(value, str) and value.startswith("{"):
        return names[value.strip("{}")]
    return value


def rows() -> Iterator[tuple[str, dict[str, str]]]:
    """Yield each request with its expected statuses by role."""
    for line in TABLE.read_text().splitlines():
        if line.startswith("| `"):
            request, *statuses = [cell.strip() for cell in line.strip("|").split("|")]
            yield request.strip("`"), dict(zip(ROLES, statuses, strict=True))


@pytest.mark.django_db
def test_every_role_gets_the_expected_status(settings: Any) -> None:
    settings.RETURN_WINDOW = timedelta(days=100_000)
    scene = Scene()
    found = {
        request: {role: str(scene.send(request, role=role).status_code) for role in ROLES}
        for request, _ in rows()
    }
    different = {
        request: {role: (found[request][role], status) for role, status in expected.items()}
        for request, expected in rows()
        if found[request] != expected
    }
    assert different == {}
