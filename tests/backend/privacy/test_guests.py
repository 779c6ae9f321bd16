"""Erasing guests, who have orders but no account."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import ShopperLink
from backend.audit.models import AuditEntry
from backend.invoices.services import issue
from backend.orders.models import Order, OrderItem
from backend.orders.shipments import deliver_all, ship_all
from backend.outbox.models import Message
from backend.privacy.models import Erasure
from tests.backend.orders.steps import order_of
from tests.backend.privacy.customers import ADDRESS, found_in_database
from tests.backend.shop import SYSTEM, customer, product, variant

pytestmark = pytest.mark.django_db

EMAIL = "zebedee@quartermaine.example"
PERSONAL_VALUES = (
    "zebedee",
    "quartermaine",
    "wisteria mews",
    "2125550177",
    "leave it with mrs applegarth",
    "track-me-4711",
)


def placed(client: APIClient) -> Order:
    """Order a product as a guest, and put another one into the cart."""
    lamp = product(stock=5)
    line = {"product_id": lamp.pk, "quantity": 1, "exposure_id": str(uuid4())}
    added = client.post("/api/orders/cart/", line, format="json").json()["data"]
    client.credentials(HTTP_X_CART_TOKEN=added["cart_token"])
    body = {
        "shipping_address": ADDRESS,
        "payment_method": "COD",
        "email": EMAIL,
        "notes": "leave it with Mrs Applegarth",
    }
    headers: Any = {"Idempotency-Key": str(uuid4())}
    response = client.post("/api/orders/orders/", body, format="json", headers=headers)
    assert response.status_code == 201, response.json()
    assert client.post("/api/orders/cart/", line, format="json").status_code == 201
    return Order.objects.get(pk=response.json()["data"]["id"])


def deliver(order: Order) -> None:
    ship_all(order.pk, by=SYSTEM, now=timezone.now())
    order.shipments.update(tracking_number="TRACK-ME-4711")
    deliver_all(order.pk, by=SYSTEM, now=timezone.now(), note="leave it with Mrs Applegarth")
    issue([order.pk], by=SYSTEM, now=timezone.now())


def found(anonymous_id: UUID) -> set[str]:
    values = [*PERSONAL_VALUES, str(anonymous_id), anonymous_id.hex]
    return {table for table, _ in found_in_database(values)}


@pytest.mark.parametrize(
    "contact", [{"email": EMAIL.upper()}, {"phone": "(212) 555-0177"}], ids=["email", "phone"]
)
def test_a_guest_is_erased_by_orders_and_the_contact_in_them(capsys: Any, contact: dict[str, str]) -> None:
    anonymous_id = uuid4()
    guest = APIClient(headers={"X-Anonymous-Id": str(anonymous_id)})
    order, other = placed(guest), placed(APIClient())
    with pytest.raises(CommandError, match="orders_in_progress"):
        call_command("erase_guest", order.order_number, **contact)
    deliver(order)
    deliver(other)
    assert {"orders_order", "carts_cartitem", "api_idempotencykey"} <= found(anonymous_id)

    call_command("erase_guest", order.order_number.lower(), **contact)

    erasure, lines = Erasure.objects.get(), capsys.readouterr().out.splitlines()
    assert lines[0] == f"erased; the receipt is {erasure.pk}"
    assert [other.order_number in line for line in lines[1:]] == [True] * ("email" in contact)
    assert Order.objects.get(pk=order.pk).total_amount == order.total_amount
    assert guest.get(f"/api/orders/orders/{order.pk}/").status_code == 404
    assert AuditEntry.objects.get(action="privacy.guest_erased").object_id == str(order.pk)
    assert Message.objects.filter(topic="order", key=str(order.pk)).exists()
    # The stores erase the guest by the key of the order's items.
    assert (erasure.shopper_key, erasure.anonymous_ids) == (anonymous_id, [])
    receipt = APIClient().get(f"/api/privacy/receipts/{erasure.pk}/").json()["data"]
    assert (receipt["erased"]["orders"], receipt["kept"][0]["what"]) == (1, "invoices")
    # The other order belongs to the same guest, but to no other key.
    call_command("erase_guest", other.order_number, **contact)
    assert found(anonymous_id) == {"invoices_invoice", "privacy_erasure"}


def test_an_order_of_an_account_or_with_another_contact_erases_nothing(capsys: Any) -> None:
    guest = APIClient()
    first, second = placed(guest), order_of(customer(), {variant().pk: 1})
    deliver(first)

    for numbers, contact in (
        ([first.order_number], {"email": "another@shop.example"}),
        ([first.order_number], {"phone": "+12125550178"}),
        ([second.order_number], {"phone": second.customer_phone}),
        ([first.order_number, "NONE"], {"email": EMAIL}),
    ):
        with pytest.raises(CommandError, match="no such order of a guest"):
            call_command("erase_guest", *numbers, **contact)
    first.refresh_from_db()
    assert (first.email, Erasure.objects.count()) == (EMAIL, 0)


def test_a_key_that_belongs_to_an_account_is_not_erased_with_the_guest() -> None:
    anonymous_id = uuid4()
    guest = APIClient(headers={"X-Anonymous-Id": str(anonymous_id)})
    order = placed(guest)
    deliver(order)
    ShopperLink.objects.create(user=customer(), anonymous_id=anonymous_id, linked_at=timezone.now())

    call_command("erase_guest", order.order_number, email=EMAIL)

    assert Erasure.objects.get().shopper_key is None
    assert not OrderItem.objects.filter(shopper_key=anonymous_id).exists()
