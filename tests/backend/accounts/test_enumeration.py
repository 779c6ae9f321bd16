"""Responses, their work and their duration don't tell which phones have an account."""

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher, make_password
from django.core.cache import cache
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import User
from tests.backend.accounts.clients import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TRIES = 200
TOLERANCE = 0.1
"""The tolerated difference, relative to the median; a statement of the database is a similar part of a request."""


class CountingHasher(MD5PasswordHasher):
    """A fast hasher that counts its operations."""

    algorithm = "counted"
    operations: ClassVar[int] = 0

    def encode(self, password: str, salt: str) -> str:
        CountingHasher.operations += 1
        encoded: str = super().encode(password, salt)
        return encoded


@dataclass
class Seen:
    """What a client sees of the responses to one kind of phone, and the work that they took."""

    responses: set[tuple[int, str]] = field(default_factory=set)
    hash_operations: set[int] = field(default_factory=set)
    cpu_seconds: list[float] = field(default_factory=list)


@pytest.fixture(autouse=True)
def _counted_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = [f"{__name__}.CountingHasher"]


def login(phone: str) -> Mapping[str, str]:
    return {"phone": phone, "password": "not the password"}


def registration(phone: str) -> Mapping[str, str]:
    return {"phone": phone, "password": "too short"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("login", login),
        ("forgot-password", lambda phone: {"phone": phone}),
        ("verify-otp", lambda phone: {"phone": phone, "otp": "123456"}),
        ("register", registration),
    ],
)
def test_phones_with_and_without_an_account_are_indistinguishable(
    path: str, body: Callable[[str], Mapping[str, str]]
) -> None:
    password = make_password(PASSWORD)
    User.objects.bulk_create(
        [User(phone=f"+1650253{number:04}", password=password) for number in range(TRIES)]
    )
    known, unknown = Seen(), Seen()
    client = APIClient()
    for number in range(-10, TRIES):
        # In turn, so that a busy machine slows both; from different addresses, which are limited.
        for seen, digit in ((known, 3), (unknown, 4)):
            phone = f"+165025{digit}{number:04}" if number >= 0 else f"+165025{digit}9{-number:03}"
            address = f"10.{digit}.{number // 250 + 1}.{number % 250}"
            observe(client, f"/accounts/{path}/", body(phone), address=address, seen=seen)
        if number < 0:
            known, unknown = Seen(), Seen()

    assert known.responses == unknown.responses
    assert len(known.responses) == 1
    assert known.hash_operations == unknown.hash_operations
    medians = [statistics.median(seen.cpu_seconds) for seen in (known, unknown)]
    differences = [a - b for a, b in zip(known.cpu_seconds, unknown.cpu_seconds, strict=True)]
    assert abs(statistics.median(differences)) < TOLERANCE * min(medians), medians


def observe(client: APIClient, path: str, body: Mapping[str, str], *, address: str, seen: Seen) -> None:
    operations, begun = CountingHasher.operations, time.thread_time()
    response: Any = client.post(path, body, REMOTE_ADDR=address)
    seen.cpu_seconds.append(time.thread_time() - begun)
    seen.hash_operations.add(CountingHasher.operations - operations)
    shown = {key: value for key, value in response.json().items() if key not in ("timestamp", "request_id")}
    seen.responses.add((response.status_code, str(shown)))


def test_the_hash_operations_of_a_login_are_those_of_a_wrong_password_whatever_the_account() -> None:
    cases: dict[str, dict[str, Any]] = {
        "inactive": {"is_active": False},
        "unusable": {"password": make_password(None)},
        "ordinary": {},
    }
    for number, fields in enumerate(cases.values()):
        User.objects.create(**{"phone": f"+1650253000{number}", "password": make_password(PASSWORD)} | fields)
    counts = set()
    for number in range(len(cases) + 1):
        cache.clear()
        before = CountingHasher.operations
        response = APIClient().post("/accounts/login/", login(f"+1650253000{number}"))
        counts.add((response.status_code, CountingHasher.operations - before))
    assert counts == {(401, 1)}
