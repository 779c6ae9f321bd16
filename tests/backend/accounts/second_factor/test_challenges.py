"""The challenge between the two steps of a login, and staff who must use a second factor."""

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import AttemptCount, Session, ShopperLink, User, UserType
from backend.accounts.second_factor.models import PasskeyRegistration, SecondFactorChallenge
from backend.accounts.tasks import forget_second_factor_challenges
from tests.backend.accounts.clients import PASSWORD, bearer, log_in
from tests.backend.accounts.second_factor.clients import (
    OWN,
    SECOND_STEP,
    account,
    answer,
    challenge,
    current,
    enrolled,
    later,
    logged_in,
    outcome,
    wrong,
)

pytestmark = pytest.mark.django_db

OTHER = "+16502530111"
INVALID = (400, "invalid_login_challenge")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: SecondFactorChallenge.objects.update(expires_at=timezone.now()),
        lambda: SecondFactorChallenge.objects.update(used_at=timezone.now()),
        lambda: SecondFactorChallenge.objects.update(attempts=5),
        lambda: SecondFactorChallenge.objects.all().delete(),
        lambda: User.objects.update(is_active=False),
        lambda: User.objects.update(password="a hash of another password"),
    ],
    ids=["expired", "used", "tried too often", "deleted", "account inactive", "password changed"],
)
def test_a_challenge_that_is_not_open_is_refused(
    client: APIClient, own: APIClient, spoil: Callable[[], object]
) -> None:
    app, codes = enrolled(own)
    token = challenge(client)
    spoil()
    for code in (current(app), codes[0]):
        assert outcome(answer(client, token, code)) == INVALID
    assert Session.objects.count() == 1


def test_a_challenge_is_single_use_and_tampering_makes_it_unknown(client: APIClient, own: APIClient) -> None:
    app, codes = enrolled(own)
    token = challenge(client)
    for changed in (
        token[:-1],
        token + "A",
        token.swapcase(),
        "",
        "\x00",
        "ü" * 43,
        "A" * 1_000_000,
        7,
        None,
    ):
        refused = answer(client, changed, current(app))
        assert refused.status_code in (400, 413), changed
        assert refused.json()["code"] in {"invalid_login_challenge", "invalid_input", "body_too_large"}
    assert answer(client, token, current(app)).status_code == 200
    later()
    assert outcome(answer(client, token, current(app))) == INVALID
    assert outcome(answer(client, token, codes[0])) == INVALID


def test_a_challenge_accepts_only_the_factor_of_its_user(client: APIClient, own: APIClient) -> None:
    app, _ = enrolled(own)
    account(OTHER)
    theirs, their_codes = enrolled(logged_in(client, phone=OTHER))
    token = challenge(client)
    for code in (current(theirs), their_codes[0]):
        assert outcome(answer(client, token, code)) == (400, "wrong_second_factor")
    entered = answer(client, token, current(app)).json()["data"]
    assert entered["user"]["phone"] != OTHER


def test_a_challenge_can_be_tried_five_times(client: APIClient, own: APIClient) -> None:
    app, _ = enrolled(own)
    token = challenge(client)
    for _ in range(5):
        assert outcome(answer(client, token, wrong(app))) == (400, "wrong_second_factor")
    assert outcome(answer(client, token, current(app))) == INVALID
    assert answer(client, challenge(client), current(app)).status_code == 200


def test_new_challenges_allow_no_more_guesses_but_recovery_codes_get_through(
    client: APIClient, own: APIClient
) -> None:
    app, codes = enrolled(own)
    for _ in range(2):
        token = challenge(client)
        for _ in range(5):
            assert outcome(answer(client, token, wrong(app))) == (400, "wrong_second_factor")
    token = challenge(client)
    refused = answer(client, token, current(app))
    assert outcome(refused) == (429, "too_many_attempts")
    assert 0 < int(refused.headers["Retry-After"]) <= 30
    disable = own.post(f"{OWN}totp/disable/", {"password": PASSWORD, "code": current(app)})
    assert outcome(disable) == (429, "too_many_attempts")

    assert answer(client, token, codes[0]).status_code == 200
    AttemptCount.objects.update(paused_until=timezone.now())
    assert answer(client, challenge(client), current(app)).status_code == 200
    assert not AttemptCount.objects.filter(kind="second_factor").exists()


def test_guessing_the_password_for_a_change_is_limited(own: APIClient) -> None:
    guess = {"password": "another password"}
    outcomes = [outcome(own.post(f"{OWN}totp/", guess)) for _ in range(11)]
    assert outcomes == [(400, "wrong_password")] * 10 + [(429, "too_many_attempts")]


@pytest.mark.parametrize("body", [{}, {"code": "123456", "passkey": {}}, {"code": "123456", "phone": "1"}])
def test_the_second_step_needs_either_a_code_or_a_passkey(
    client: APIClient, own: APIClient, body: dict[str, object]
) -> None:
    enrolled(own)
    response = client.post(SECOND_STEP, {"challenge_token": challenge(client), **body})
    assert outcome(response) == (400, "invalid_input")


def test_the_guest_of_the_first_step_is_linked_after_the_second(
    client: APIClient, own: APIClient, user: User
) -> None:
    app, _ = enrolled(own)
    guest = uuid4()
    credentials = {"phone": user.phone, "password": PASSWORD}
    first = client.post("/accounts/login/", credentials, headers={"X-Anonymous-Id": str(guest)})
    assert not ShopperLink.objects.exists()
    assert answer(client, first.json()["data"]["challenge_token"], current(app)).status_code == 200
    assert [link.anonymous_id for link in ShopperLink.objects.all()] == [UUID(str(guest))]


def test_expired_challenges_and_registrations_of_passkeys_are_deleted(
    client: APIClient, own: APIClient
) -> None:
    enrolled(own)
    challenge(client)
    assert own.post(f"{OWN}passkeys/options/", {"password": PASSWORD}).status_code == 200
    assert forget_second_factor_challenges() == 0
    for rows in (SecondFactorChallenge.objects, PasskeyRegistration.objects):
        rows.update(expires_at=F("expires_at") - timedelta(minutes=6))
    assert forget_second_factor_challenges() == 2


def test_the_token_is_stored_as_a_hash(client: APIClient, own: APIClient) -> None:
    enrolled(own)
    assert challenge(client) not in str(list(SecondFactorChallenge.objects.values()))


@pytest.mark.parametrize("setting", ["required", "optional"])
def test_staff_without_a_second_factor_reach_only_their_account_where_it_is_required(
    client: APIClient, user: User, settings: Settings, setting: str
) -> None:
    settings.STAFF_SECOND_FACTOR = setting
    User.objects.update(is_staff=True, user_type=UserType.ADMIN)
    staff = logged_in(client)
    elsewhere = ("/api/orders/orders/", "/api/products/", "/api/payments/")
    expected = {403} if setting == "required" else {200}

    responses = [staff.get(path) for path in elsewhere]
    assert {response.status_code for response in responses} == expected
    if setting == "required":
        assert {response.json()["code"] for response in responses} == {"second_factor_required"}
    assert staff.get("/accounts/me/").status_code == 200
    sessions = "/api/accounts/sessions/"
    logged_in(client)
    assert len(staff.get(sessions).json()["results"]) == 2
    assert staff.delete(sessions).json()["data"] == {"ended": 1}
    assert staff.post("/accounts/me/email/", {"email": "staff@shop.example"}).status_code == 200
    assert staff.get(OWN).json()["data"]["is_required"] is (setting == "required")

    app, _ = enrolled(staff)
    assert {staff.get(path).status_code for path in elsewhere} == {200}
    entered = answer(client, challenge(client), current(app)).json()["data"]
    assert client.get("/api/payments/", headers=bearer(entered["access_token"])).status_code == 200


def test_staff_keep_the_last_second_factor_where_it_is_required(
    client: APIClient, own: APIClient, settings: Settings
) -> None:
    app, _ = enrolled(own)
    settings.STAFF_SECOND_FACTOR = "required"
    disable = {"password": PASSWORD, "code": current(app)}
    User.objects.update(is_staff=True)
    assert outcome(own.post(f"{OWN}totp/disable/", disable)) == (409, "last_second_factor")
    User.objects.update(is_staff=False)
    assert own.post(f"{OWN}totp/disable/", disable).status_code == 200


def test_customers_need_no_second_factor_where_staff_need_one(client: APIClient, settings: Settings) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    token = log_in(client)["access_token"]
    assert client.get("/api/orders/orders/", headers=bearer(token)).status_code == 200
