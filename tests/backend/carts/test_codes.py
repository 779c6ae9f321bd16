"""Codes in carts, and what promotions do to a cart and its quote."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.carts.services import GUEST_CARTS_KEPT_FOR, forget_old_guest_carts
from backend.promotions.codes import MAX_CART_CODES
from backend.promotions.models import CartCode, Promotion, PromotionCode
from tests.backend.orders.steps import ADDRESS
from tests.backend.promotions.shop import promotion
from tests.backend.shop import client_of, customer, variant

pytestmark = pytest.mark.django_db

CART, CODES = "/api/orders/cart/", "/api/orders/cart/codes/"


def filled(client: APIClient, *, price: str = "40.00", quantity: int = 1) -> dict[str, Any]:
    """Put a lamp into the cart, and return the cart; a guest sends the token from now on."""
    body = {"variant_id": variant(price=price, stock=50).pk, "quantity": quantity}
    cart: dict[str, Any] = client.post(CART, body).json()["data"]
    if cart["cart_token"]:
        client.credentials(HTTP_X_CART_TOKEN=cart["cart_token"])
    return cart


def test_a_guest_enters_and_removes_a_code() -> None:
    row, guest = promotion("WELCOME"), client_of()
    filled(guest, quantity=2)
    entered = guest.post(CODES, {"code": "welcome"})
    cart = entered.json()["data"]
    assert (entered.status_code, cart["codes"]) == (201, ["WELCOME"])
    assert (cart["discount_amount"], cart["subtotal"]) == ("8.00", "72.00")
    (line,) = cart["items"]
    assert (line["unit_price"], line["discount_amount"], line["total_price"]) == ("40.00", "8.00", "72.00")
    assert cart["promotions"] == [
        {
            "promotion_id": row.pk,
            "name": "Ten percent",
            "code": "WELCOME",
            "reduces": "items",
            "amount": "8.00",
            "lines": [{"variant_id": line["variant"]["id"], "units": 2, "amount": "8.00"}],
        }
    ]
    assert guest.post(CODES, {"code": "WELCOME"}).json()["data"]["codes"] == ["WELCOME"]
    cart = guest.delete(f"{CODES}welcome/").json()["data"]
    assert (cart["codes"], cart["discount_amount"], cart["subtotal"]) == ([], "0.00", "80.00")
    again = guest.delete(f"{CODES}WELCOME/")
    assert (again.status_code, again.json()["code"]) == (404, "promotion_code_not_found")


def test_a_code_that_does_not_apply_stays_with_the_reason() -> None:
    row = promotion("FIFTY", level="order", kind="amount", value="5", currency="USD", minimum_amount="50")
    client = client_of(customer())
    filled(client)
    cart = client.post(CODES, {"code": "FIFTY"}).json()["data"]
    assert (cart["codes"], cart["promotions"], cart["discount_amount"]) == (["FIFTY"], [], "0.00")
    assert cart["refused_codes"] == [
        {
            "promotion_id": row.pk,
            "name": "Ten percent",
            "code": "FIFTY",
            "reason": "minimum_not_met",
            "missing_amount": "10.00",
            "missing_units": None,
            "other_promotion_id": None,
        }
    ]
    filled(client, price="10.00")
    assert client.get(CART).json()["data"]["subtotal"] == "45.00"
    Promotion.objects.update(is_active=False)
    assert client.get(CART).json()["data"]["refused_codes"][0]["reason"] == "inactive"
    PromotionCode.objects.all().delete()
    assert client.get(CART).json()["data"]["codes"] == []


def test_unknown_and_too_many_codes_are_refused() -> None:
    promotion(*(f"C{number}" for number in range(MAX_CART_CODES + 1)))
    client = client_of(customer())
    unknown = client.post(CODES, {"code": "nothing"})
    assert (unknown.status_code, unknown.json()["details"]) == (404, {"code": "NOTHING"})
    for number in range(MAX_CART_CODES):
        assert client.post(CODES, {"code": f"C{number}"}).status_code == 201
    full = client.post(CODES, {"code": f"C{MAX_CART_CODES}"})
    assert (full.status_code, full.json()["details"]) == (409, {"max_codes": MAX_CART_CODES})


def test_the_codes_of_a_guest_move_to_the_account() -> None:
    promotion("GUEST", "BOTH", "OWN")
    guest, user = client_of(), customer()
    token = filled(guest)["cart_token"]
    for code in ("GUEST", "BOTH"):
        guest.post(CODES, {"code": code})
    client = client_of(user)
    for code in ("OWN", "BOTH"):
        client.post(CODES, {"code": code})
    cart = client.get(CART, HTTP_X_CART_TOKEN=token).json()["data"]
    assert cart["codes"] == ["BOTH", "GUEST", "OWN"]
    assert not CartCode.objects.filter(user=None).exists()


def test_old_codes_of_guests_are_deleted() -> None:
    promotion("WELCOME")
    guest = client_of()
    filled(guest)
    guest.post(CODES, {"code": "WELCOME"})
    now = timezone.now() + GUEST_CARTS_KEPT_FOR
    forget_old_guest_carts(now=now - timedelta(minutes=5))
    assert CartCode.objects.exists()
    forget_old_guest_carts(now=now + timedelta(minutes=5))
    assert not CartCode.objects.exists()


def test_quote_and_order_cost_the_same(settings: Settings) -> None:
    settings.SHIPPING_COST = Decimal(5)
    promotion("WELCOME")
    promotion(name="Free shipping", level="shipping", value="100", minimum_amount="30", currency="USD")
    client = client_of(customer())
    filled(client)
    client.post(CODES, {"code": "WELCOME"})
    assert [each["amount"] for each in client.get(CART).json()["data"]["promotions"]] == ["4.00", None]
    quote = client.post("/api/orders/quote/", {"shipping_address": ADDRESS}).json()["data"]
    assert (quote["discount_amount"], quote["subtotal"]) == ("4.00", "36.00")
    assert (quote["items"][0]["discount_amount"], quote["items"][0]["total_price"]) == ("4.00", "36.00")
    (method,) = quote["methods"]
    assert (method["shipping_discount_amount"], method["shipping_cost"]) == ("5.00", "0.00")
    body = {"shipping_address": ADDRESS, "expected_total": method["total_amount"]}
    headers = {"Idempotency-Key": "one"}
    first = client.post("/api/orders/orders/", body, headers=headers)
    order = first.json()["data"]
    assert (first.status_code, order["total_amount"], order["discount_amount"]) == (201, "36.00", "4.00")
    assert order["promotions"] == [
        {"name": "Ten percent", "code": "WELCOME", "item_id": order["items"][0]["id"], "amount": "-4.00"},
        {"name": "Free shipping", "code": "", "item_id": None, "amount": "-5.00"},
    ]
    # A retry is the same order, and takes no further use.
    assert client.post("/api/orders/orders/", body, headers=headers).json()["data"]["id"] == order["id"]
    assert client.get(CART).json()["data"]["codes"] == []
