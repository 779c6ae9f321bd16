"""Logins and logouts in the warehouse, as far as their shoppers may be tracked."""

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from rest_framework.test import APIClient

from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import Session, User
from backend.analytics.subscribers import Logins
from backend.engines import warehouse as engines
from backend.outbox.relay import drain
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from tests.backend.shop import customer

# The relay delivers only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-long-lamp-shade"
GRANTED, DENIED = {"X-Tracking-Consent": "granted"}, {"X-Tracking-Consent": "denied"}


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def account(**fields: Any) -> User:
    user = customer(**fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def log_in(user: User, **headers: str) -> APIClient:
    client = APIClient(headers={"X-Anonymous-Id": str(uuid4()), **headers})
    response = client.post("/accounts/login/", {"phone": user.phone, "password": PASSWORD})
    assert response.status_code == 200, response.json()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {response.json()['data']['access_token']}")
    return client


def stored(warehouse: Warehouse) -> list[tuple[str, UUID]]:
    """Deliver the outbox's messages, and return type and shopper of each event."""
    drain([Logins(engines.migrated())], timeout=30)
    rows = warehouse.rows("SELECT type, shopper_key FROM events FINAL ORDER BY occurred_at, type")
    return [(row["type"], row["shopper_key"]) for row in rows]


def test_a_login_and_a_logout_are_one_event_each_however_often_they_are_delivered(
    warehouse: Warehouse,
) -> None:
    user = account()
    client = log_in(user, **{"User-Agent": "curl/8.5.0"})
    assert stored(warehouse) == [("login", user.shopper_key)]
    assert warehouse.rows("SELECT device, is_bot FROM events") == [{"device": "other", "is_bot": True}]
    assert client.post("/accounts/logout/").status_code == 200
    for _ in range(2):
        assert stored(warehouse) == [("login", user.shopper_key), ("logout", user.shopper_key)]
        with transaction.atomic():
            publish(Topic.SESSION, str(Session.objects.get().pk))
    times = warehouse.rows("SELECT DISTINCT occurred_at FROM events FINAL")
    session = Session.objects.get()
    assert session.ended_at is not None
    assert {row["occurred_at"] for row in times} == {
        moment.replace(microsecond=moment.microsecond // 1_000 * 1_000)
        for moment in (session.created_at, session.ended_at)
    }


def test_a_session_that_ends_otherwise_is_no_logout(warehouse: Warehouse) -> None:
    user = account()
    log_in(user)
    client = log_in(user)
    assert client.delete("/api/accounts/sessions/").status_code == 200
    assert [kind for kind, _ in stored(warehouse)] == ["login", "login"]


@pytest.mark.parametrize(
    ("setting", "headers", "choice", "is_stored"),
    [
        ("assumed", {}, None, True),
        ("assumed", DENIED, None, False),
        ("assumed", {"Sec-GPC": "1"}, True, False),
        ("assumed", {}, False, False),
        ("required", {}, None, False),
        ("required", GRANTED, None, True),
        ("required", {}, True, True),
    ],
)
def test_a_login_is_stored_only_with_consent(
    warehouse: Warehouse,
    settings: Any,
    setting: str,
    headers: dict[str, str],
    choice: bool | None,
    is_stored: bool,
) -> None:
    settings.TRACKING_CONSENT = setting
    log_in(account(tracking_consent=choice), **headers)
    assert len(stored(warehouse)) == is_stored


def test_an_objection_before_the_delivery_is_respected(warehouse: Warehouse) -> None:
    user = account()
    log_in(user)
    User.objects.update(tracking_consent=False)
    assert stored(warehouse) == []
