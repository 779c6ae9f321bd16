"""Hostile values in every field of the accounts' endpoints."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as shop_settings
from django.contrib.auth.hashers import BasePasswordHasher
from pytest_django import Settings
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from backend.accounts.models import Session, User, UserType
from tests.backend.accounts.clients import PASSWORD, PHONE, bearer, log_in
from tests.backend.api.schema.document import Operation, operations

pytestmark = pytest.mark.django_db

HOSTILE = {
    "NUL": "a\0b",
    "right-to-left override": "\u202egnirts",
    "combining characters": "a" + "\u0301" * 60,
    "invisible": "\u200b\u2060",
    "line breaks": "a\r\nSet-Cookie: a=b",
    "markup": "<script>alert(1)</script>",
    "template": "{{ settings.SECRET_KEY }}{% debug %}${7*7}",
    "SQL": "' OR 1=1; DROP TABLE accounts_user; --",
    "format": "%s%n{0.__class__}",
    "path": "../../etc/passwd",
    "very long": "x" * 100_000,
    "beyond the basic plane": "\U0001f4a1" * 40,
}
REFUSED_EVERYWHERE = {"NUL", "very long"}
FORBIDDEN_FIELDS = {
    "id": 1,
    "is_staff": True,
    "is_superuser": True,
    "is_active": True,
    "areas": ["orders"],
    "shopper_key": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
    "email_verified_at": "2026-01-01T00:00:00Z",
    "date_joined": "2020-01-01T00:00:00Z",
    "__class__": "x",
    "password_hash": "x",
}


def account_operations() -> list[Operation]:
    """Return the operations of accounts that have a body."""
    return [
        operation
        for operation in operations()
        if "/accounts/" in operation.path
        and "{" not in operation.path
        and "application/json" in operation.content.get("requestBody", {}).get("content", {})
    ]


def example_of(operation: Operation) -> dict[str, Any]:
    return dict(operation.content["requestBody"]["content"]["application/json"]["example"])


def text_fields(operation: Operation) -> Iterator[str]:
    yield from (name for name, value in example_of(operation).items() if isinstance(value, str))


@pytest.fixture
def client() -> APIClient:
    """A client that is logged in, whose requests are not throttled."""
    User.objects.create_user(PHONE, PASSWORD)
    client = APIClient(raise_request_exception=False)
    client.credentials(HTTP_AUTHORIZATION=bearer(log_in(client)["access_token"])["Authorization"])
    return client


@pytest.fixture(autouse=True)
def _unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    rates = dict.fromkeys(shop_settings.THROTTLE_RATES, "1000000/minute")
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_text_in_any_field_causes_a_server_error(kind: str, client: APIClient) -> None:
    checked = 0
    for operation in account_operations():
        for field in text_fields(operation):
            body = {**example_of(operation), field: HOSTILE[kind]}
            response = client.generic(
                operation.method,
                operation.path,
                json.dumps(body),
                "application/json",
            )
            where = (operation.id, field, response.content[:300])
            assert response.status_code < 500, where
            if kind in REFUSED_EVERYWHERE:
                assert response.status_code in (400, 401, 403, 409), where
            checked += 1
    assert checked > 15


@pytest.mark.parametrize("field", FORBIDDEN_FIELDS)
def test_no_body_sets_a_field_that_it_does_not_declare(field: str, client: APIClient) -> None:
    before = User.objects.values().get()
    for operation in account_operations():
        body = {**example_of(operation), field: FORBIDDEN_FIELDS[field]}
        response = client.generic(operation.method, operation.path, json.dumps(body), "application/json")
        if "/staff/" in operation.path:
            assert response.status_code == 403, operation.id
        else:
            assert response.status_code == 400, (operation.id, response.content)
            assert field in response.json()["details"], operation.id
    assert User.objects.values().get() == before


@pytest.mark.parametrize("role", [UserType.ADMIN.value, "STAFF", "admin", "", None, ["CUSTOMER"], 0])
def test_a_role_of_staff_cannot_be_chosen(role: object, client: APIClient) -> None:
    body = {"phone": "+16502530009", "password": PASSWORD, "user_type": role}
    assert client.post("/accounts/register/", body).status_code == 400
    assert client.patch("/accounts/me/", {"user_type": role}).status_code == 400
    assert User.objects.get().user_type == UserType.CUSTOMER


@pytest.mark.parametrize(
    "day", ["2999-01-01", "9999-12-31", "0001-01-01", "1899-12-31", "0000-00-00", "2026-02-30"]
)
def test_an_impossible_birth_date_is_refused(day: str, client: APIClient) -> None:
    body = {"phone": "+16502530009", "password": PASSWORD, "date_of_birth": day}
    for response in (
        client.post("/accounts/register/", body),
        client.patch("/accounts/me/", {"date_of_birth": day}),
    ):
        assert (response.status_code, list(response.json()["details"])) == (400, ["date_of_birth"])


class CountingHasher(BasePasswordHasher):
    """Counts the passwords that are hashed; each would take 50 ms."""

    algorithm = "counting"
    hashed = 0

    def encode(self, password: str, salt: str) -> str:
        type(self).hashed += 1
        return f"counting${salt}${len(password)}"

    def decode(self, encoded: str) -> dict[str, Any]:
        algorithm, salt, length = encoded.split("$")
        return {"algorithm": algorithm, "salt": salt, "hash": length}

    def verify(self, password: str, encoded: str) -> bool:
        return self.encode(password, self.decode(encoded)["salt"]) == encoded


@pytest.mark.parametrize("length", [129, 1_000_000])
def test_a_long_password_is_refused_before_it_is_hashed(
    length: int, client: APIClient, settings: Settings
) -> None:
    settings.PASSWORD_HASHERS = ["tests.backend.accounts.test_hostile_input.CountingHasher"]
    CountingHasher.hashed = 0
    long = "x1y2" * (length // 4) + "z" * (length % 4)
    for path, body in (
        ("/accounts/register/", {"phone": "+16502530009", "password": long}),
        ("/accounts/login/", {"phone": PHONE, "password": long}),
        ("/accounts/change-password/", {"current_password": long, "password": PASSWORD}),
        ("/accounts/change-password/", {"current_password": PASSWORD, "password": long}),
        ("/accounts/reset-password/", {"phone": PHONE, "password": long, "reset_token": "x"}),
    ):
        response = client.post(path, body)
        assert (response.status_code, len(response.json()["details"])) == (400, 1), (
            path,
            response.content[:200],
        )
        assert len(response.content) < 1_000
    assert CountingHasher.hashed == 0
    assert Session.objects.count() == 1
