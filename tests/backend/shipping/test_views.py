"""Shipping methods over HTTP."""

from typing import Any

import pytest

from backend.audit.models import AuditEntry
from tests.backend.shop import client_of, customer, seller, staff

pytestmark = pytest.mark.django_db

METHODS = "/api/shipping/methods/"
EXPRESS: dict[str, Any] = {
    "code": "express",
    "name": "Express",
    "currency": "EUR",
    "countries": ["Germany", "AUT", "de"],
    "max_weight_grams": 31_500,
    "price": "9.90",
    "price_per_kg": "1.50",
    "free_from": "150.00",
}


def test_staff_create_change_and_delete_methods() -> None:
    client = client_of(staff())
    created = client.post(METHODS, EXPRESS)
    method = created.json()["data"]
    assert created.status_code == 201
    assert method == {
        **EXPRESS,
        "id": method["id"],
        "is_active": True,
        "countries": ["AT", "DE"],
        "min_weight_grams": 0,
        "min_amount": "0.00",
        "max_amount": None,
        "tax_class": "standard",
    }
    path = f"{METHODS}{method['id']}/"
    changed = client.put(path, {**EXPRESS, "price": "8.90", "countries": []}).json()["data"]
    assert (changed["price"], changed["countries"]) == ("8.90", [])
    assert client.get(METHODS).json()["results"] == [changed]
    assert client.get(path).json()["data"] == changed
    assert client.delete(path).json()["data"] == {"id": method["id"]}
    assert client.get(path).json()["code"] == "shipping_method_not_found"
    entries = AuditEntry.objects.filter(object_type="shipping.ShippingMethod").order_by("pk")
    assert [(entry.action, entry.changes["price"]) for entry in entries] == [
        ("shipping.method_created", [None, "9.9"]),
        ("shipping.method_updated", ["9.9", "8.9"]),
        ("shipping.method_deleted", ["8.9", None]),
    ]


def test_codes_are_unique() -> None:
    client = client_of(staff())
    client.post(METHODS, EXPRESS)
    response = client.post(METHODS, EXPRESS)
    assert (response.status_code, response.json()["code"]) == (409, "shipping_method_exists")
    assert response.json()["details"] == {"code": "express"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "two words"}, "code"),
        ({"currency": "XXX"}, "currency"),
        ({"countries": ["DE", "Atlantis"]}, "countries.1"),
        ({"price": "-1"}, "price"),
        ({"price": "9.999"}, "price"),
        ({"currency": "JPY", "price": "9", "price_per_kg": "1.50", "free_from": "150"}, "price_per_kg"),
        ({"min_weight_grams": 31_501}, "min_weight_grams"),
        ({"min_amount": "2.00", "max_amount": "1.00"}, "min_amount"),
        ({"tax_class": "Standard!"}, "tax_class"),
    ],
)
def test_invalid_input_names_the_field(wrong: dict[str, object], field: str) -> None:
    response = client_of(staff()).post(METHODS, EXPRESS | wrong)
    assert (response.status_code, list(response.json()["details"])) == (400, [field])


def test_only_staff_can_see_and_change_methods() -> None:
    for user in (customer(), seller()):
        assert client_of(user).get(METHODS).status_code == 403
        assert client_of(user).post(METHODS, EXPRESS).status_code == 403
    assert client_of().get(METHODS).status_code == 401
