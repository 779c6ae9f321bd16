"""Request bodies that no operation reads."""

from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import Session, User
from backend.catalog.models import Category
from tests.backend.api.schema.document import codes, operations
from tests.backend.orders.steps import order_of
from tests.backend.shop import client_of, customer, seller, staff, variant

pytestmark = pytest.mark.django_db

WRITES = [
    (operation.method, operation.path)
    for operation in operations()
    if operation.method in ("POST", "PUT", "PATCH") and "requestBody" in operation.content
]


WITHOUT_BODY = [
    operation
    for operation in operations()
    if operation.method != "GET" and "requestBody" not in operation.content
]
# Mail programs send a form that has no effect (RFC 8058).
IGNORES_BODY = {"unsubscriptions_create"}
# The document has no bodies of DELETE requests, although this one needs the password.
READS_BODY = {"account_delete"}


def path_parameters(buyer: User) -> dict[str, Any]:
    """Return values for the parameters of all paths; those of a product and an order exist."""
    lamp = variant(sold_by=seller())
    order = order_of(buyer, {lamp.pk: 1})
    return {
        "product_id": lamp.product_id,
        "variant_id": lamp.pk,
        "category_id": Category.objects.latest("pk").pk,
        "order_id": order.pk,
        "item_id": 1,
        "image_id": 1,
        "review_id": 1,
        "picture_id": 1,
        "number": "PO-1",
        "gateway": "test",
        "kind": "BACK_IN_STOCK",
        "delivery_id": 1,
        "message_id": 1,
        "endpoint_id": 1,
        "address_id": 1,
        "account_id": 1,
        "passkey_id": 1,
        "receipt_id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
        "rate_id": 1,
        "tax_rate_id": 1,
        "shipping_method_id": 1,
        "promotion_id": 1,
        "wish_list_id": 1,
        "code": "WELCOME",
        "shipment_id": 1,
        "return_id": 1,
        "token": "x",
        "rule_id": 1,
        "synonym_set_id": 1,
        "event_name_id": 1,
        "reconciliation_id": 1,
        "session_id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
        "payment_id": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
    }


@pytest.mark.parametrize("body", ["null", "[]", '"text"', "5", "true", "1e999"])
def test_every_write_refuses_a_body_that_is_not_an_object(body: str) -> None:
    buyer = customer()
    ids = path_parameters(buyer)
    assert len(WRITES) > 10
    for method, path in WRITES:
        for user in (staff(), buyer):
            client = client_of(user)
            response = client.generic(method, path.format(**ids), body, content_type="application/json")
            assert response.status_code in (400, 403, 404, 409, 415), (method, path, body, response.content)


def send(client: APIClient, operation: Any, ids: dict[str, Any], body: str, media_type: str) -> Any:
    path = operation.path.format(**ids)
    return client.generic(operation.method, path, body, content_type=media_type)


def logged_in(user: User) -> APIClient:
    """Return a client with a session, which logging out ends."""
    session: Any = Session.objects.create(user=user, expires_at=timezone.now())
    client = client_of()
    client.force_authenticate(user, token=session)
    return client


def test_every_write_without_a_body_refuses_one() -> None:
    ids = path_parameters(customer())
    too_large = f'{{"supplier": "{"x" * settings.DATA_UPLOAD_MAX_MEMORY_SIZE}"}}'
    bodies = [
        ('{"supplier": 3}', "application/json"),
        ("null", "application/json"),
        ("[]", "application/json"),
        ("{", "application/json"),
        ("supplier=3", "application/x-www-form-urlencoded"),
        (too_large, "application/json"),
    ]
    assert len(WITHOUT_BODY) > 15
    for operation in WITHOUT_BODY:
        if operation.id in IGNORES_BODY | READS_BODY:
            continue
        assert "body_not_accepted" in codes(operation.id, 400)
        for body, media_type in bodies:
            # Sellers and staff, because some operations are for one of them.
            refused = [
                send(client_of(user), operation, ids, body, media_type) for user in (staff(), seller())
            ]
            found = {(response.status_code, response.json()["code"]) for response in refused}
            assert (400, "body_not_accepted") in found, (operation.id, body[:20], found)
            assert found <= {(400, "body_not_accepted"), (403, "permission_denied")}, (
                operation.id,
                body[:20],
                found,
            )


@pytest.mark.parametrize("body", ["", "{}", " { }\n"])
def test_every_write_without_a_body_accepts_an_empty_object(body: str) -> None:
    ids = path_parameters(customer())
    for operation in WITHOUT_BODY:
        response = send(logged_in(staff()), operation, ids, body, "application/json")
        if response.status_code >= 400:
            assert response.json()["code"] not in ("body_not_accepted", "parse_error"), operation.id


def test_one_click_unsubscription_accepts_its_form() -> None:
    [operation] = [each for each in WITHOUT_BODY if each.id in IGNORES_BODY]
    form = "List-Unsubscribe=One-Click"
    response = send(client_of(), operation, {"token": "x"}, form, "application/x-www-form-urlencoded")
    assert response.json()["code"] == "unsubscribe_link_invalid"
