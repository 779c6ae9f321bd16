"""Tax rates over HTTP."""

from typing import Any

import pytest

from backend.audit.models import AuditEntry
from tests.backend.shop import client_of, customer, seller, staff

pytestmark = pytest.mark.django_db

RATES = "/api/taxes/rates/"
NEW_YORK: dict[str, Any] = {
    "country": "USA",
    "state": "New York",
    "tax_class": "standard",
    "rate": "8.875",
    "name": "Sales tax",
}


def test_staff_create_change_and_delete_rates() -> None:
    client = client_of(staff())
    created = client.post(RATES, NEW_YORK)
    rate = created.json()["data"]
    assert created.status_code == 201
    assert rate == {**NEW_YORK, "id": rate["id"], "country": "US", "state": "NY", "rate": "8.8750"}
    path = f"{RATES}{rate['id']}/"
    assert client.put(path, {**NEW_YORK, "rate": "9"}).json()["data"]["rate"] == "9.0000"
    assert client.get(path).json()["data"]["rate"] == "9.0000"
    assert client.get(RATES).json()["count"] == 1
    assert client.delete(path).json()["data"] == {"id": rate["id"]}
    assert client.get(path).json()["code"] == "tax_rate_not_found"
    actions = AuditEntry.objects.filter(object_type="taxes.TaxRate").order_by("pk")
    assert [(entry.action, entry.changes.get("rate")) for entry in actions] == [
        ("taxes.rate_created", [None, "8.875"]),
        ("taxes.rate_updated", ["8.875", "9"]),
        ("taxes.rate_deleted", ["9", None]),
    ]


def test_a_tax_class_has_one_rate_in_a_place() -> None:
    client = client_of(staff())
    client.post(RATES, NEW_YORK)
    response = client.post(RATES, {**NEW_YORK, "state": "NY", "rate": "1"})
    assert (response.status_code, response.json()["code"]) == (409, "tax_rate_exists")
    assert client.post(RATES, {**NEW_YORK, "state": ""}).status_code == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"country": "Atlantis"},
        {"state": "Bavaria"},
        {"rate": "-1"},
        {"rate": "100.0001"},
        {"rate": "NaN"},
        {"tax_class": "Standard Rate"},
        {"tax_class": ""},
    ],
)
def test_invalid_input_names_the_field(wrong: dict[str, object]) -> None:
    response = client_of(staff()).post(RATES, NEW_YORK | wrong)
    assert (response.status_code, list(response.json()["details"])) == (400, list(wrong))


def test_only_staff_can_see_and_change_rates() -> None:
    for user in (customer(), seller()):
        assert client_of(user).get(RATES).status_code == 403
        assert client_of(user).post(RATES, NEW_YORK).status_code == 403
    assert client_of().get(RATES).status_code == 401
