"""A forgotten password is reset with a code that is sent to the phone."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.errors import InvalidOneTimePassword
from backend.accounts.models import OneTimePassword, User
from backend.accounts.one_time_passwords import code_of, phone_key, request_code, verify_code
from backend.accounts.tasks import forget_one_time_passwords
from backend.audit.models import AuditEntry
from backend.outbox.models import Message
from tests.backend.accounts.clients import PASSWORD, PHONE, authenticates, bearer, log_in, renew
from tests.backend.together import kinds, together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

FORGOT, VERIFY, RESET = (f"/accounts/{name}/" for name in ("forgot-password", "verify-otp", "reset-password"))
NEW = "newpassword123"
STRANGER = "+16502530999"


@pytest.fixture
def client() -> APIClient:
    return APIClient()


@pytest.fixture(autouse=True)
def user() -> User:
    return User.objects.create_user(PHONE, PASSWORD)


def newest(phone: str = PHONE) -> OneTimePassword:
    row = OneTimePassword.objects.filter(phone_key=phone_key(phone)).order_by("-pk").first()
    assert row is not None
    return row


def another(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def requested(client: APIClient, phone: str = PHONE) -> str:
    """Request a code and return it."""
    assert client.post(FORGOT, {"phone": phone}).status_code == 200
    return code_of(newest(phone))


def verified(client: APIClient) -> str:
    """Request and verify a code; return the reset token."""
    response = client.post(VERIFY, {"phone": PHONE, "otp": requested(client)})
    assert response.status_code == 200, response.json()
    token: str = response.json()["data"]["reset_token"]
    return token


def outcome(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "")


def test_the_requests_of_the_original_requirements_work_with_a_cookie_jar(client: APIClient) -> None:
    User.objects.create_user("1234567890", PASSWORD)
    session = log_in(client, phone="1234567890")

    assert client.post(FORGOT, {"phone": "1234567890"}).status_code == 200
    code = code_of(newest("1234567890"))
    assert client.post(VERIFY, {"phone": "1234567890", "otp": code}).status_code == 200
    cookie = client.cookies["reset_token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Strict", RESET)
    assert client.post(RESET, {"phone": "1234567890", "password": NEW}).status_code == 200

    log_in(client, phone="1234567890", password=NEW)
    assert client.post("/accounts/login/", {"phone": "1234567890", "password": PASSWORD}).status_code == 401
    assert not authenticates(client, session["access_token"])
    assert renew(client, session["refresh_token"]).status_code == 401
    assert AuditEntry.objects.filter(action="accounts.password_reset").count() == 1


def test_without_the_cookie_the_token_is_sent_in_the_body(client: APIClient) -> None:
    token = verified(client)
    client.cookies.clear()
    missing = client.post(RESET, {"phone": PHONE, "password": NEW})
    assert (missing.status_code, list(missing.json()["details"])) == (400, ["reset_token"])
    weak = client.post(RESET, {"phone": PHONE, "password": "short", "reset_token": token})
    assert (weak.status_code, list(weak.json()["details"])) == (400, ["password"])
    assert client.post(RESET, {"phone": PHONE, "password": NEW, "reset_token": token}).status_code == 200
    again = client.post(RESET, {"phone": PHONE, "password": PASSWORD, "reset_token": token})
    assert outcome(again) == (400, "invalid_reset_token")
    log_in(client, password=NEW)


def _reset(client: APIClient, access_token: str) -> Any:
    return client.post(RESET, {"phone": PHONE, "password": NEW, "reset_token": verified(client)})


def _change(client: APIClient, access_token: str) -> Any:
    body = {"current_password": PASSWORD, "password": NEW}
    return client.post("/accounts/change-password/", body, headers=bearer(access_token))


@pytest.mark.parametrize("set_password", [_reset, _change])
def test_a_new_password_invalidates_earlier_codes_and_reset_tokens(
    client: APIClient, set_password: Callable[[APIClient, str], Any]
) -> None:
    access_token = log_in(client)["access_token"]
    token = verified(client)
    code = requested(client)
    assert set_password(client, access_token).status_code == 200
    late = client.post(RESET, {"phone": PHONE, "password": PASSWORD, "reset_token": token})
    assert outcome(late) == (400, "invalid_reset_token")
    code = code_of(newest()) if set_password is _reset else code
    assert outcome(client.post(VERIFY, {"phone": PHONE, "otp": code})) == (400, "invalid_one_time_password")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: OneTimePassword.objects.update(used_at=F("used_at") - timedelta(minutes=10)),
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.filter(phone=PHONE).update(phone="+16502530111"),
    ],
    ids=["too old", "inactive account", "another phone"],
)
def test_a_reset_token_is_refused(client: APIClient, spoil: Callable[[], int]) -> None:
    token = verified(client)
    phone = PHONE
    if spoil() and not User.objects.filter(phone=PHONE).exists():
        phone = "+16502530111"
    refused = client.post(RESET, {"phone": phone, "password": NEW, "reset_token": token})
    assert outcome(refused) == (400, "invalid_reset_token")


def test_the_response_and_the_queries_are_the_same_for_a_phone_without_an_account(client: APIClient) -> None:
    seen = []
    for phone in (PHONE, STRANGER):
        with CaptureQueriesContext(connection) as requesting:
            asked = client.post(FORGOT, {"phone": phone})
        with CaptureQueriesContext(connection) as verifying:
            refused = client.post(VERIFY, {"phone": phone, "otp": another(code_of(newest(phone)))})
        body = {key: value for key, value in asked.json().items() if key != "timestamp"}
        seen.append((asked.status_code, body, len(requesting), outcome(refused), len(verifying)))
    assert seen[0] == seen[1]
    assert Message.objects.filter(topic="one_time_password").count() == 2
    assert STRANGER not in str(list(OneTimePassword.objects.values()))


def test_the_right_code_of_a_phone_without_an_account_is_refused(client: APIClient) -> None:
    code = requested(client, STRANGER)
    assert outcome(client.post(VERIFY, {"phone": STRANGER, "otp": code})) == (
        400,
        "invalid_one_time_password",
    )
    never = client.post(VERIFY, {"phone": "+16502530998", "otp": "123456"})
    assert outcome(never) == (400, "invalid_one_time_password")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda client: OneTimePassword.objects.update(expires_at=timezone.now()),
        lambda client: client.post(VERIFY, {"phone": PHONE, "otp": code_of(newest())}),
        lambda client: client.post(FORGOT, {"phone": PHONE}),
        lambda client: OneTimePassword.objects.update(attempts=5),
    ],
    ids=["expired", "used", "replaced", "tried too often"],
)
def test_a_code_that_is_no_longer_valid_is_refused(
    client: APIClient, spoil: Callable[[APIClient], object]
) -> None:
    code = requested(client)
    spoil(client)
    assert outcome(client.post(VERIFY, {"phone": PHONE, "otp": code})) == (400, "invalid_one_time_password")


def test_a_code_can_be_tried_five_times_also_in_parallel(client: APIClient) -> None:
    code = requested(client)
    wrong = partial(verify_code, PHONE, code=another(code), now=timezone.now())
    together(*[wrong] * 4)
    assert newest().attempts == 4
    assert verify_code(PHONE, code=code, now=timezone.now())

    code = requested(client)
    together(*[wrong] * 6)
    with pytest.raises(InvalidOneTimePassword):
        verify_code(PHONE, code=code, now=timezone.now())


def test_a_code_verified_in_parallel_returns_one_token(client: APIClient) -> None:
    verify = partial(verify_code, PHONE, code=requested(client), now=timezone.now())
    assert kinds(together(*[verify] * 4)) == ["InvalidOneTimePassword"] * 3 + ["str"]


@pytest.mark.parametrize("phone", [PHONE, STRANGER])
def test_a_phone_gets_five_codes_an_hour_also_in_parallel(client: APIClient, phone: str) -> None:
    now = timezone.now()
    outcomes = together(*[partial(request_code, phone, now=now)] * 8)
    assert kinds(outcomes) == ["NoneType"] * 5 + ["TooManyOneTimePasswords"] * 3
    assert OneTimePassword.objects.count() == 5
    # The codes of the next hour are used up too, in case that hour begins before the request.
    for _ in range(5):
        request_code(phone, now=now + timedelta(hours=1))
    refused = client.post(FORGOT, {"phone": phone})
    assert outcome(refused) == (429, "too_many_one_time_passwords")
    assert 0 < int(refused.headers["Retry-After"]) <= 3_600
    request_code(phone, now=now + timedelta(hours=2))


@pytest.mark.parametrize(
    "otp",
    ["12345", "1234567", "abcdef", " 12345", "12345\n", "\u0661\u0662\u0663\u0664\u0665\u0666", 123456, None],
)
def test_a_code_of_another_shape_is_refused_without_an_attempt(client: APIClient, otp: object) -> None:
    requested(client)
    response = client.post(VERIFY, {"phone": PHONE, "otp": otp})
    assert outcome(response) == (400, "invalid_input")
    assert set(response.json()["details"]) == {"otp"}
    assert "pattern" not in response.text
    assert newest().attempts == 0


def test_no_code_and_no_token_is_stored(client: APIClient) -> None:
    token = verified(client)
    stored = str(list(OneTimePassword.objects.values()))
    assert token not in stored
    assert f"'{code_of(newest())}'" not in stored


def test_codes_are_six_digits_of_all_values() -> None:
    codes = {code_of(OneTimePassword(nonce=str(number))) for number in range(2_000)}
    assert all(len(code) == 6 and code.isdigit() for code in codes)
    assert len(codes) > 1_990
    assert {code[0] for code in codes} == set("0123456789")


def test_old_codes_are_deleted(client: APIClient) -> None:
    requested(client)
    assert forget_one_time_passwords() == 0
    OneTimePassword.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert forget_one_time_passwords() == 1
