"""The address book over HTTP."""

from typing import Any

import pytest

from backend.accounts.models import User
from backend.addresses.errors import MAX_ADDRESSES
from backend.addresses.models import Address
from backend.audit.models import AuditEntry
from backend.audit.personal_values import fingerprints
from tests.backend.orders.steps import ADDRESS
from tests.backend.shop import client_of, customer

pytestmark = pytest.mark.django_db

ADDRESSES = "/api/accounts/addresses/"


@pytest.fixture
def shopper() -> User:
    return customer()


def saved(user: User, **fields: Any) -> dict[str, Any]:
    response = client_of(user).post(ADDRESSES, {**ADDRESS, **fields})
    assert response.status_code == 201, response.json()
    return dict(response.json()["data"])


def test_an_address_is_stored_as_normalised(shopper: User) -> None:
    address = saved(shopper, state="New York", phone="(212) 555-0100")
    shown = client_of(shopper).get(f"{ADDRESSES}{address['id']}/").json()["data"]
    assert shown == address
    assert (shown["state"], shown["country"], shown["phone"]) == ("NY", "US", "+12125550100")
    assert (shown["company"], shown["is_default_shipping"]) == ("", False)


def test_an_invalid_address_is_refused_with_the_name_of_the_field(shopper: User) -> None:
    response = client_of(shopper).post(ADDRESSES, {**ADDRESS, "postal_code": "ABCDE"})
    assert (response.status_code, response.json()["code"]) == (400, "invalid_input")
    assert list(response.json()["details"]) == ["postal_code"]


def test_a_new_default_replaces_the_earlier_one(shopper: User) -> None:
    first = saved(shopper, is_default_shipping=True, is_default_billing=True)
    second = saved(shopper, is_default_shipping=True)
    saved(customer(), is_default_shipping=True)
    rows = {row["id"]: row for row in client_of(shopper).get(ADDRESSES).json()["results"]}
    assert [rows[first["id"]]["is_default_shipping"], rows[second["id"]]["is_default_shipping"]] == [
        False,
        True,
    ]
    assert rows[first["id"]]["is_default_billing"]


def test_put_replaces_all_fields(shopper: User) -> None:
    address = saved(shopper, name="Ada King", is_default_shipping=True)
    path = f"{ADDRESSES}{address['id']}/"
    changed = client_of(shopper).put(path, {**ADDRESS, "street": "Elsewhere"}).json()["data"]
    assert (changed["street"], changed["name"], changed["is_default_shipping"]) == ("Elsewhere", "", False)


def test_an_address_can_be_deleted(shopper: User) -> None:
    address = saved(shopper)
    path = f"{ADDRESSES}{address['id']}/"
    assert client_of(shopper).delete(path).json()["data"] == {"id": address["id"]}
    assert client_of(shopper).get(path).json()["code"] == "address_not_found"


def test_an_address_of_another_customer_does_not_exist(shopper: User) -> None:
    path, other = f"{ADDRESSES}{saved(shopper)['id']}/", client_of(customer())
    responses = [other.get(path), other.put(path, ADDRESS), other.delete(path)]
    assert [response.status_code for response in responses] == [404, 404, 404]
    assert other.get(ADDRESSES).json()["count"] == 0
    assert Address.objects.count() == 1


def test_an_address_book_is_limited(shopper: User) -> None:
    Address.objects.bulk_create(Address(user=shopper, street="1", country="US") for _ in range(MAX_ADDRESSES))
    response = client_of(shopper).post(ADDRESSES, ADDRESS)
    assert (response.status_code, response.json()["code"]) == (409, "address_book_full")
    assert response.json()["details"] == {"max_addresses": MAX_ADDRESSES}


def test_guests_have_no_address_book() -> None:
    assert [client_of().get(ADDRESSES).status_code, client_of().post(ADDRESSES, ADDRESS).status_code] == [
        401,
        401,
    ]


def test_the_audit_log_has_changed_fields_with_hashes_of_their_values(shopper: User) -> None:
    address = saved(shopper)
    path = f"{ADDRESSES}{address['id']}/"
    assert client_of(shopper).put(path, {**ADDRESS, "street": "Elsewhere"}).status_code == 200
    client_of(shopper).delete(path)

    created, updated, deleted = AuditEntry.objects.filter(object_type="addresses.Address").order_by("pk")
    assert [entry.action for entry in (created, updated, deleted)] == [
        "addresses.created",
        "addresses.updated",
        "addresses.deleted",
    ]
    assert {entry.owner_id for entry in (created, updated, deleted)} == {shopper.pk}
    assert "street" in (created.personal or {})
    assert list(updated.personal or {}) == ["street"]
    assert address["street"] not in str(AuditEntry.objects.values_list())
    (before, after), (last, nothing) = (
        fingerprints([entry])[entry.pk]["street"] for entry in (updated, deleted)
    )
    assert (after, nothing) == (last, "empty")
    assert before != after
