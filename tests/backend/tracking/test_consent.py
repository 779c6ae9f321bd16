"""Consent to tracking: without it no store learns what a shopper does."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from analytics_pipeline.stream import Stream
from backend.accounts.models import ShopperLink, User
from backend.catalog.models import Product
from backend.engines.streams import recent_products
from backend.orders.models import OrderItem
from tests.backend.orders.steps import ADDRESS
from tests.backend.shop import customer, product
from tests.backend.tracking.conftest import GUEST, batches, view

pytestmark = pytest.mark.django_db

GRANTED, DENIED = {"X-Tracking-Consent": "granted"}, {"X-Tracking-Consent": "denied"}


def client_with(headers: dict[str, str], *, stored: bool | None = None, logged_in: bool = False) -> APIClient:
    client = APIClient(headers={"X-Anonymous-Id": str(GUEST), **headers})
    if logged_in:
        user = customer(tracking_consent=stored)
        client.force_authenticate(user)
    return client


@pytest.mark.parametrize(
    ("setting", "headers", "body", "stored", "tracked"),
    [
        ("assumed", {}, None, None, True),
        ("assumed", DENIED, None, None, False),
        ("assumed", {}, False, None, False),
        ("required", {}, None, None, False),
        ("required", GRANTED, None, None, True),
        ("required", {}, True, None, True),
        # An objection counts more than a consent, whichever of header, body, account and browser has it.
        ("required", DENIED, True, None, False),
        ("assumed", GRANTED, False, None, False),
        ("assumed", GRANTED, True, False, False),
        ("required", DENIED, None, True, False),
        ("required", {}, False, True, False),
        ("required", {}, None, True, True),
        ("assumed", {**GRANTED, "Sec-GPC": "1"}, True, True, False),
        ("assumed", {"DNT": "1"}, None, None, False),
        ("assumed", {"DNT": "0"}, None, None, True),
    ],
)
def test_events_are_stored_only_with_consent(
    stream: Stream,
    settings: Any,
    setting: str,
    headers: dict[str, str],
    body: bool | None,
    stored: bool | None,
    tracked: bool,
) -> None:
    settings.TRACKING_CONSENT = setting
    recent_products().forget(GUEST)
    client = client_with(headers, stored=stored, logged_in=stored is not None)
    batch = {"events": [view(product_id=product().pk), {"type": "view"}]} | (
        {} if body is None else {"tracking_consent": body}
    )

    response = client.post("/api/events/", batch, format="json")

    data = response.json()["data"]
    assert (response.status_code, data["tracked"], data["accepted"]) == (202, tracked, int(tracked))
    # Mistakes are reported in any case.
    assert [refused["index"] for refused in data["refused"]] == [1]
    assert len(batches(stream)) == int(tracked)
    assert bool(recent_products().of(GUEST)) == (tracked and stored is None)


def test_a_choice_that_is_neither_is_refused(stream: Stream) -> None:
    response = client_with({"X-Tracking-Consent": "perhaps"}).post(
        "/api/events/", {"events": [view()]}, "json"
    )

    assert response.status_code == 400
    assert set(response.json()["details"]) == {"X-Tracking-Consent"}


def test_without_consent_lists_and_carts_do_not_name_the_shopper(stream: Stream) -> None:
    lamp: Product = product()
    client = client_with({}, stored=False, logged_in=True)

    assert client.get("/api/products/").status_code == 200
    assert client.get("/api/recommendations/user/").status_code == 200
    client.post("/api/orders/cart/", {"product_id": lamp.pk, "quantity": 1}, format="json")
    order = {"shipping_address": ADDRESS, "payment_method": "COD"}
    assert client.post("/api/orders/orders/", order, format="json").status_code == 201

    assert {batch.shopper_key for batch in batches(stream)} == {None}
    assert OrderItem.objects.get().shopper_key is None


@pytest.mark.parametrize(("headers", "stored"), [({"Sec-GPC": "1"}, None), ({}, False)])
def test_without_consent_a_login_does_not_link_the_guest(
    settings: Any, headers: dict[str, str], stored: bool | None
) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    User.objects.create_user("+16502530000", "a-long-lamp-shade", tracking_consent=stored)
    credentials = {"phone": "+16502530000", "password": "a-long-lamp-shade"}

    response = client_with(headers).post("/accounts/login/", credentials, format="json")

    assert response.status_code == 200
    assert not ShopperLink.objects.exists()


def test_the_choice_of_an_account_is_stored_with_its_time() -> None:
    client = client_with({}, logged_in=True)

    first = client.patch("/accounts/me/", {"tracking_consent": True}, format="json").json()["data"]
    again = client.patch("/accounts/me/", {"tracking_consent": None}, format="json").json()["data"]

    assert (first["tracking_consent"], again["tracking_consent"]) == (True, None)
    assert first["tracking_consent_at"] < again["tracking_consent_at"]
