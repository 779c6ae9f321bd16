"""Login sessions over HTTP; the rules hold with Redis, after it lost its data, and without it."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any

import jwt
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts import sessions
from backend.accounts.errors import InvalidCredentials
from backend.accounts.models import Session, User
from backend.accounts.sessions import begin_session
from backend.audit.models import AuditEntry
from tests.backend.accounts.clients import (
    PASSWORD,
    PHONE,
    authenticates,
    bearer,
    grow_older,
    log_in,
    pair,
    renew,
    renewed,
)
from tests.backend.accounts.conftest import Disturbance
from tests.backend.shop import customer
from tests.backend.together import together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

SESSIONS = "/api/accounts/sessions/"


@pytest.fixture
def client() -> APIClient:
    return APIClient()


@pytest.fixture(autouse=True)
def user() -> User:
    return User.objects.create_user(PHONE, PASSWORD)


def test_concurrent_refreshes_with_one_token_get_the_same_new_pair(
    client: APIClient, disturb: Disturbance
) -> None:
    tokens = log_in(client)
    disturb()
    for _ in range(5):
        responses = together(*[partial(renew, APIClient(), tokens["refresh_token"])] * 3)
        pairs = {pair(response.json()["data"]) for response in responses}  # type: ignore[attr-defined]
        assert len(pairs) == 1
        ((access_token, refresh_token),) = pairs
        assert refresh_token != tokens["refresh_token"]
        assert authenticates(client, access_token)
        tokens = {"refresh_token": refresh_token}


def test_a_refresh_is_repeatable_for_ten_seconds(client: APIClient, disturb: Disturbance) -> None:
    first = log_in(client)
    second = renewed(client, first)
    disturb()
    again = renewed(client, first)
    issued_at = Session.objects.get().issued_at
    assert issued_at is not None
    last = sessions.renew(first["refresh_token"], now=issued_at + timedelta(seconds=9, microseconds=999_999))
    assert pair(second) == pair(again) == (last.access_token, last.refresh_token)
    assert (second["expires_in"], last.expires_in) == (900, 890)

    grow_older(seconds=10)
    assert renew(client, first["refresh_token"]).status_code == 401
    assert renew(client, second["refresh_token"]).status_code == 401
    assert not authenticates(client, second["access_token"])
    entry = AuditEntry.objects.get(action="accounts.refresh_reused")
    assert entry.object_id == str(Session.objects.get().pk)


def test_the_token_before_the_previous_one_ends_the_session_at_once(
    client: APIClient, disturb: Disturbance
) -> None:
    first = log_in(client)
    second = renewed(client, first)
    disturb()
    third = renewed(client, second)
    assert pair(renewed(client, second)) == pair(third)
    assert renew(client, first["refresh_token"]).status_code == 401
    assert renew(client, third["refresh_token"]).status_code == 401


def test_no_token_is_stored(client: APIClient) -> None:
    tokens = renewed(client, log_in(client))
    stored = str(Session.objects.values().get())
    for token in pair(tokens):
        assert not any(part in stored for part in token.split("."))


@pytest.mark.parametrize(("refreshed_after_days", "days_left"), [(0, 14), (13, 14), (80, 10)])
def test_a_session_lasts_14_days_without_a_refresh_and_90_at_most(
    client: APIClient, refreshed_after_days: int, days_left: int
) -> None:
    tokens = log_in(client)
    begun = Session.objects.get().created_at
    Session.objects.update(
        created_at=begun - timedelta(days=refreshed_after_days),
        expires_at=begun + timedelta(days=1),
    )
    renewed(client, tokens)
    left = Session.objects.get().expires_at - begun
    assert abs(left - timedelta(days=days_left)) < timedelta(minutes=1)


def test_a_session_that_was_extended_beyond_90_days_is_not_renewed(
    client: APIClient, disturb: Disturbance
) -> None:
    tokens = log_in(client)
    disturb()
    Session.objects.update(created_at=timezone.now() - timedelta(days=90))
    assert renew(client, tokens["refresh_token"]).status_code == 401


def test_an_access_token_expires_with_its_session_if_that_is_earlier(client: APIClient) -> None:
    tokens = log_in(client)
    now = timezone.now()
    Session.objects.update(created_at=now - timedelta(days=90) + timedelta(minutes=5))
    new = renewed(client, tokens)
    assert 280 <= new["expires_in"] <= 300
    claims = jwt.decode(new["access_token"], options={"verify_signature": False})
    assert 280 <= claims["exp"] - now.timestamp() <= 300


def test_an_expired_session_authenticates_nothing(client: APIClient, disturb: Disturbance) -> None:
    tokens = log_in(client)
    disturb()
    Session.objects.update(expires_at=timezone.now())
    assert not authenticates(client, tokens["access_token"])
    assert renew(client, tokens["refresh_token"]).status_code == 401


def test_a_session_of_the_previous_release_is_renewed_and_listed(client: APIClient) -> None:
    tokens = log_in(client)
    Session.objects.update(issued_at=None, last_used_at=None, user_agent="", address="")
    (listed,) = client.get(SESSIONS, headers=bearer(tokens["access_token"])).json()["results"]
    assert (listed["device"], listed["address"]) == ("Unknown device", "")
    assert listed["last_used_at"] == listed["created_at"]
    new = renewed(client, tokens)
    assert pair(renewed(client, tokens)) == pair(new)


def test_active_sessions_are_listed_for_their_owner_alone(client: APIClient, disturb: Disturbance) -> None:
    log_in(client, user_agent="curl/8.5.0")
    grow_older(days=1)
    current = log_in(client)
    Session.objects.create(user=customer(), expires_at=timezone.now() + timedelta(days=1))
    now = timezone.now()
    for finished in ({"ended_at": now}, {"expires_at": now}):
        session = Session(user=User.objects.get(phone=PHONE), expires_at=now + timedelta(days=1))
        for name, value in finished.items():
            setattr(session, name, value)
        session.save()
    disturb()

    page = client.get(SESSIONS, headers=bearer(current["access_token"])).json()

    assert page["count"] == 2
    newer, older = page["results"]
    assert [(row["device"], row["address"], row["current"]) for row in (newer, older)] == [
        ("Firefox on Windows", "127.0.0.1", True),
        ("curl", "127.0.0.1", False),
    ]
    used = datetime.fromisoformat(newer["last_used_at"])
    assert now - used < timedelta(minutes=1)
    assert used - datetime.fromisoformat(older["last_used_at"]) >= timedelta(days=1)


def test_a_refresh_updates_the_device_and_the_last_use(client: APIClient) -> None:
    tokens = log_in(client)
    grow_older(days=1)
    client.post(
        "/accounts/token-refresh/",
        {"refresh_token": tokens["refresh_token"]},
        headers={"User-Agent": "curl/8.5.0\x01"},
        REMOTE_ADDR="2001:db8::7",
    )
    session = Session.objects.get()
    assert (session.user_agent, session.address) == ("curl/8.5.0", "2001:db8::7")
    assert session.last_used_at is not None
    assert timezone.now() - session.last_used_at < timedelta(minutes=1)


def test_a_login_does_not_begin_a_session_if_the_account_changed_since_the_password_was_verified(
    user: User,
) -> None:
    for changes in ({"password": "another hash"}, {"is_active": False}):
        before = User.objects.get(pk=user.pk)
        User.objects.filter(pk=user.pk).update(**changes)
        with pytest.raises(InvalidCredentials):
            begin_session(before, now=timezone.now())
    assert not Session.objects.exists()


def test_the_lifetimes_hold_whatever_happens_to_the_cache(client: APIClient, disturb: Disturbance) -> None:
    tokens = log_in(client)
    disturb()
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (claims["exp"] - claims["iat"], tokens["expires_in"]) == (900, 900)
    grow_older(days=13, hours=23)
    tokens = renewed(client, tokens)
    grow_older(days=14, minutes=1)
    assert renew(client, tokens["refresh_token"]).status_code == 401
    assert not authenticates(client, tokens["access_token"])


def test_refreshes_are_throttled_by_session_and_apart_from_logins(
    client: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    tokens, other = log_in(client), log_in(client)
    for _ in range(20):
        tokens = renewed(client, tokens)
    refused = renew(client, tokens["refresh_token"])
    assert (refused.status_code, refused.json()["code"]) == (429, "throttled")
    assert renew(client, other["refresh_token"]).status_code == 200
    log_in(client)


def test_invalid_refreshes_are_throttled_by_address_and_do_not_affect_sessions(client: APIClient) -> None:
    tokens = log_in(client)
    header, payload, _ = tokens["refresh_token"].split(".")
    bodies: list[Any] = [{"refresh_token": f"{header}.{payload}.AAAA"}, {"refresh_token": 5}, {}, []]
    statuses = [client.post("/accounts/token-refresh/", bodies[n % 4]).status_code for n in range(21)]
    assert (set(statuses[:20]), statuses[20]) == ({401, 400}, 429)
    assert renew(client, tokens["refresh_token"]).status_code == 200
