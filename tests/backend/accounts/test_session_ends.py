"""What ends login sessions, with Redis, after it lost its data, and without it."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import jwt
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import OneTimePassword, Session, User
from backend.accounts.one_time_passwords import code_of
from backend.audit.models import AuditEntry
from tests.backend.accounts.clients import (
    PASSWORD,
    PHONE,
    authenticates,
    bearer,
    grow_older,
    log_in,
    renew,
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


def end_by_logging_out(client: APIClient, tokens: dict[str, Any], other: dict[str, Any]) -> None:
    assert client.post("/accounts/logout/", headers=bearer(tokens["access_token"])).status_code == 200


def end_from_another_device(client: APIClient, tokens: dict[str, Any], other: dict[str, Any]) -> None:
    own = jwt.decode(tokens["access_token"], options={"verify_signature": False})["sid"]
    ended = client.delete(f"{SESSIONS}{own}/", headers=bearer(other["access_token"]))
    assert (ended.status_code, ended.json()["data"]) == (200, {"id": own})


def end_all_others(client: APIClient, tokens: dict[str, Any], other: dict[str, Any]) -> None:
    ended = client.delete(SESSIONS, headers=bearer(other["access_token"]))
    assert (ended.status_code, ended.json()["data"]) == (200, {"ended": 1})


def end_by_reusing_a_token(client: APIClient, tokens: dict[str, Any], other: dict[str, Any]) -> None:
    assert renew(client, tokens["refresh_token"]).status_code == 200
    grow_older(seconds=11)
    assert renew(client, tokens["refresh_token"]).status_code == 401


def end_by_changing_the_password(client: APIClient, tokens: dict[str, Any], other: dict[str, Any]) -> None:
    body = {"current_password": PASSWORD, "password": "another-long-lamp-shade"}
    changed = client.post("/accounts/change-password/", body, headers=bearer(other["access_token"]))
    assert (changed.status_code, changed.json()["data"]) == (200, {"ended": 1})


ENDS = (
    end_by_logging_out,
    end_from_another_device,
    end_all_others,
    end_by_reusing_a_token,
    end_by_changing_the_password,
)


@pytest.mark.parametrize("end", ENDS)
def test_all_tokens_of_an_ended_session_stay_invalid_and_other_sessions_continue(
    client: APIClient, disturb: Disturbance, end: Callable[..., None]
) -> None:
    tokens, other = log_in(client), log_in(client)
    assert authenticates(client, tokens["access_token"])

    end(client, tokens, other)
    disturb()

    assert not authenticates(client, tokens["access_token"])
    ended = renew(client, tokens["refresh_token"])
    assert (ended.status_code, ended.json()["code"]) == (401, "session_ended")
    assert authenticates(client, other["access_token"])
    assert renew(client, other["refresh_token"]).status_code == 200


def test_only_the_owner_can_end_an_active_session(client: APIClient, disturb: Disturbance) -> None:
    tokens = log_in(client)
    disturb()
    foreign = Session.objects.create(user=customer(), expires_at=timezone.now() + timedelta(days=1))
    own_ended = Session.objects.create(
        user=User.objects.get(phone=PHONE),
        expires_at=timezone.now() + timedelta(days=1),
        ended_at=timezone.now(),
    )
    for session_id in (foreign.pk, own_ended.pk, uuid4()):
        refused = client.delete(f"{SESSIONS}{session_id}/", headers=bearer(tokens["access_token"]))
        assert (refused.status_code, refused.json()["code"]) == (404, "session_not_found")
        assert client.delete(f"{SESSIONS}{session_id}/").status_code == 401
    assert Session.objects.get(pk=foreign.pk).ended_at is None


def test_the_audit_log_has_who_ended_sessions(client: APIClient, user: User) -> None:
    tokens, other = log_in(client), log_in(client)
    end_from_another_device(client, other, tokens)
    log_in(client)
    end_all_others(client, other, tokens)
    ended = AuditEntry.objects.filter(action__in=["accounts.session_ended", "accounts.sessions_ended"])
    assert [(entry.user_id, entry.changes) for entry in ended.order_by("pk")] == [
        (user.pk, {}),
        (user.pk, {"sessions": [1, 0]}),
    ]


def test_resetting_the_password_ends_all_sessions(client: APIClient, disturb: Disturbance) -> None:
    sessions_of_user = [log_in(client), log_in(APIClient())]
    guest = APIClient()
    guest.post("/accounts/forgot-password/", {"phone": PHONE})
    disturb()
    code = code_of(OneTimePassword.objects.latest("pk"))
    guest.post("/accounts/verify-otp/", {"phone": PHONE, "otp": code})
    body = {"phone": PHONE, "password": "another-long-lamp-shade"}
    assert guest.post("/accounts/reset-password/", body).status_code == 200
    for tokens in sessions_of_user:
        assert not authenticates(client, tokens["access_token"])
        assert renew(client, tokens["refresh_token"]).status_code == 401


@pytest.mark.parametrize(
    "end", [end_by_logging_out, end_from_another_device, end_all_others, end_by_changing_the_password]
)
def test_a_session_that_ends_while_it_is_refreshed_stays_ended(
    client: APIClient, disturb: Disturbance, end: Callable[..., None]
) -> None:
    tokens, other = log_in(client), log_in(client)
    disturb()
    refreshed, ended = together(
        partial(renew, APIClient(), tokens["refresh_token"]), partial(end, APIClient(), tokens, other)
    )
    assert ended is None
    assert refreshed.status_code in (200, 401)  # type: ignore[attr-defined]
    if refreshed.status_code == 200:  # type: ignore[attr-defined]
        new = refreshed.json()["data"]  # type: ignore[attr-defined]
        assert not authenticates(client, new["access_token"])
        assert renew(client, new["refresh_token"]).status_code == 401
    assert not authenticates(client, tokens["access_token"])
    assert authenticates(client, other["access_token"])
