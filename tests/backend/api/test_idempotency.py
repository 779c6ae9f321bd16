"""A repeated request with the same key gets the first response and is not executed again."""

from datetime import timedelta

import pytest

from backend.api.idempotency import RETENTION, forget_old_keys
from backend.api.models import IdempotencyKey
from backend.api.tasks import forget_idempotency_keys
from backend.catalog.models import Category
from tests.backend.shop import NOW, client_of, customer

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backend.api.urls")]


def keyed(key: str) -> dict[str, str]:
    return {"Idempotency-Key": key}


def test_the_second_response_is_identical_to_the_first() -> None:
    client = client_of(customer())
    body = {"b": 1, "a": [1, 2.5, None, "é"]}
    first, second = (client.post("/counted/", body, headers=keyed("k")) for _ in range(2))
    assert (first.status_code, first.content) == (second.status_code, second.content)
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
    assert Category.objects.count() == 1


def test_the_order_of_fields_does_not_matter() -> None:
    client = client_of(customer())
    client.post("/counted/", {"a": 1, "b": 2}, headers=keyed("k"))
    assert client.post("/counted/", {"b": 2, "a": 1}, headers=keyed("k")).status_code == 201


def test_another_body_with_the_same_key_is_a_conflict() -> None:
    client = client_of(customer())
    client.post("/counted/", {"a": 1}, headers=keyed("k"))
    response = client.post("/counted/", {"a": 2}, headers=keyed("k"))
    assert (response.status_code, response.json()["details"]) == (409, {"Idempotency-Key": "k"})
    assert Category.objects.count() == 1


def test_requests_without_a_key_or_with_another_key_are_all_executed() -> None:
    client = client_of(customer())
    numbers = [
        client.post("/counted/", headers=headers).json()["data"]["number"]
        for headers in ({}, {}, keyed("one"), keyed("other"))
    ]
    assert numbers == [0, 1, 2, 3]


def test_keys_belong_to_their_account() -> None:
    for number in range(2):
        response = client_of(customer()).post("/counted/", headers=keyed("k"))
        assert response.json()["data"]["number"] == number


def test_a_guest_cannot_use_a_key() -> None:
    assert client_of().post("/counted/", headers=keyed("k")).status_code == 401
    assert client_of().post("/counted/").status_code == 201


def test_a_failed_request_changes_nothing_and_leaves_the_key_unused() -> None:
    client = client_of(customer())
    assert client.post("/counted/", {"fail": True}, headers=keyed("k")).status_code == 409
    assert not Category.objects.exists()
    assert not IdempotencyKey.objects.exists()
    assert client.post("/counted/", {}, headers=keyed("k")).status_code == 201


@pytest.mark.parametrize("key", ["", "two words", "x" * 256, "tab\tbed"])
def test_a_key_has_1_to_255_visible_characters(key: str) -> None:
    response = client_of(customer()).post("/counted/", headers=keyed(key))
    assert (response.status_code, list(response.json()["details"])) == (400, ["Idempotency-Key"])


def test_keys_are_deleted_after_a_day() -> None:
    client = client_of(customer())
    client.post("/counted/", headers=keyed("k"))
    assert forget_old_keys(now=NOW + RETENTION - timedelta(seconds=1)) == 0
    assert forget_old_keys(now=NOW + RETENTION + timedelta(seconds=1)) == 1
    client.post("/counted/", headers=keyed("k"))
    assert Category.objects.count() == 2
    assert forget_idempotency_keys() == 1
