"""Authenticator apps: enrolling, logging in with a code, and disabling."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, unquote, urlsplit
from xml.etree import ElementTree

import pytest
from django.db.models import F
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Session, User
from backend.accounts.second_factor import totp
from backend.accounts.second_factor.errors import WrongCode
from backend.accounts.second_factor.models import RecoveryCode, TotpSecret
from backend.accounts.tasks import forget_second_factor_challenges
from backend.audit.models import AuditEntry
from tests.backend.accounts.clients import PASSWORD, authenticates, log_in
from tests.backend.accounts.second_factor.clients import (
    OWN,
    answer,
    app_of,
    challenge,
    current,
    enrolled,
    later,
    outcome,
    verify,
    wrong,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_login_with_the_app_needs_its_code_and_returns_what_a_login_returns(
    client: APIClient, own: APIClient, user: User
) -> None:
    without = log_in(client)
    app, codes = enrolled(own)

    first = client.post("/accounts/login/", {"phone": user.phone, "password": PASSWORD})
    assert first.json()["data"] == {
        "second_factor_required": True,
        "challenge_token": first.json()["data"]["challenge_token"],
        "methods": ["totp", "recovery_code"],
        "expires_in": 300,
    }
    assert Session.objects.count() == 2
    second = answer(client, first.json()["data"]["challenge_token"], current(app))

    assert second.status_code == 200
    assert second.json()["data"].keys() == without.keys()
    assert authenticates(client, second.json()["data"]["access_token"])
    assert Session.objects.latest("created_at").second_factor_at is not None
    shown = own.get(OWN).json()["data"]
    assert shown == {"methods": ["totp", "recovery_code"], "recovery_codes_left": 10, "is_required": False}
    assert len(set(codes)) == 10


def test_an_enrolment_has_a_uri_and_its_qr_code_and_counts_only_when_it_was_confirmed(
    client: APIClient, own: APIClient
) -> None:
    begun = own.post(f"{OWN}totp/", {"password": PASSWORD}).json()["data"]
    uri = urlsplit(begun["otpauth_uri"])
    parameters = parse_qs(uri.query)
    assert (uri.scheme, uri.netloc, unquote(uri.path)) == (
        "otpauth",
        "totp",
        "/Harbour Row Trading Ltd:+16502530000",
    )
    assert parameters["secret"] == [begun["secret"]]
    assert parameters["issuer"] == ["Harbour Row Trading Ltd"]
    media_type, _, image = begun["qr_code"].partition(",")
    assert media_type == "data:image/svg+xml;charset=utf-8"
    assert ElementTree.fromstring(unquote(image)).tag.endswith("svg")

    log_in(client)
    app = app_of(begun["secret"])
    assert outcome(own.post(f"{OWN}totp/confirm/", {"code": wrong(app)})) == (400, "wrong_second_factor")
    log_in(client)
    again = app_of(own.post(f"{OWN}totp/", {"password": PASSWORD}).json()["data"]["secret"])
    assert outcome(own.post(f"{OWN}totp/confirm/", {"code": current(app)})) == (400, "wrong_second_factor")
    assert own.post(f"{OWN}totp/confirm/", {"code": current(again)}).status_code == 200
    assert outcome(own.post(f"{OWN}totp/confirm/", {"code": current(again)})) == (409, "totp_not_enrolled")
    assert outcome(own.post(f"{OWN}totp/", {"password": PASSWORD})) == (409, "totp_already_enabled")


def test_an_enrolment_can_be_confirmed_for_fifteen_minutes_and_is_deleted_then(own: APIClient) -> None:
    app = app_of(own.post(f"{OWN}totp/", {"password": PASSWORD}).json()["data"]["secret"])
    TotpSecret.objects.update(created_at=F("created_at") - timedelta(minutes=14))
    assert forget_second_factor_challenges() == 0
    TotpSecret.objects.update(created_at=F("created_at") - timedelta(minutes=1))
    confirmed = own.post(f"{OWN}totp/confirm/", {"code": current(app)})
    assert outcome(confirmed) == (409, "totp_not_enrolled")
    assert (forget_second_factor_challenges(), TotpSecret.objects.count()) == (1, 0)
    # A confirmed app stays.
    enrolled(own)
    TotpSecret.objects.update(created_at=F("created_at") - timedelta(days=1))
    assert forget_second_factor_challenges() == 0


def test_guesses_of_the_code_that_confirms_an_app_are_counted(own: APIClient) -> None:
    app = app_of(own.post(f"{OWN}totp/", {"password": PASSWORD}).json()["data"]["secret"])
    path = f"{OWN}totp/confirm/"
    for _ in range(10):
        assert outcome(own.post(path, {"code": wrong(app)})) == (400, "wrong_second_factor")
    assert outcome(own.post(path, {"code": current(app)})) == (429, "too_many_attempts")


def test_a_recovery_code_is_accepted_once(client: APIClient, own: APIClient) -> None:
    _, codes = enrolled(own)
    assert answer(client, challenge(client), codes[0]).status_code == 200
    assert outcome(answer(client, challenge(client), codes[0])) == (400, "wrong_second_factor")
    assert own.get(OWN).json()["data"]["recovery_codes_left"] == 9
    assert answer(client, challenge(client), codes[1]).status_code == 200


def test_a_code_is_accepted_once(client: APIClient, own: APIClient) -> None:
    begun = own.post(f"{OWN}totp/", {"password": PASSWORD}).json()["data"]
    app = app_of(begun["secret"])
    code, following = current(app), current(app, steps=1)
    assert own.post(f"{OWN}totp/confirm/", {"code": code}).status_code == 200

    token = challenge(client)
    assert outcome(answer(client, token, code)) == (400, "wrong_second_factor")
    assert answer(client, token, following).status_code == 200
    token = challenge(client)
    for old in (code, following):
        assert outcome(answer(client, token, old)) == (400, "wrong_second_factor")


@pytest.mark.parametrize(("steps", "accepted"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_the_clock_of_the_app_may_differ_by_one_step(user: User, steps: int, accepted: bool) -> None:
    secret = totp.new_secret(user.pk, now=NOW)
    secret.confirmed_at = NOW
    secret.save()
    generator = totp.generator_of(secret)
    assert generator is not None
    code = generator.at(NOW, counter_offset=steps)
    if accepted:
        assert verify(user.pk, code=code, now=NOW) == "totp"
    with pytest.raises(WrongCode):
        verify(user.pk, code=code, now=NOW)


@pytest.mark.parametrize("zero", ["\u0660", "\uff10", "\U0001d7ce"])
def test_digits_of_other_scripts_are_refused_by_the_function_too(user: User, zero: str) -> None:
    secret = totp.new_secret(user.pk, now=NOW)
    secret.confirmed_at = NOW
    secret.save()
    generator = totp.generator_of(secret)
    assert generator is not None
    code = generator.at(NOW)
    with pytest.raises(WrongCode):
        verify(user.pk, code="".join(chr(ord(zero) + int(digit)) for digit in code), now=NOW)
    assert verify(user.pk, code=code, now=NOW) == "totp"


@pytest.mark.parametrize(
    "code",
    [
        "12345",
        "1234567",
        "12  3456",
        "123456\n",
        " 123456",
        "1" * 100,
        "\u0661\u0662\u0663\u0664\u0665\u0666",
        "\uff11\uff12\uff13\uff14\uff15\uff16",
        "12345\x00",
        "",
        123456,
        None,
        ["123456"],
    ],
)
def test_a_code_of_another_shape_is_refused_without_an_attempt(
    client: APIClient, own: APIClient, code: object
) -> None:
    app, _ = enrolled(own)
    token = challenge(client)
    for _ in range(5):
        assert outcome(answer(client, token, code)) == (400, "invalid_input")
    shown = current(app)
    assert answer(client, token, f"{shown[:3]} {shown[3:]}").status_code == 200


def test_disabling_needs_the_password_and_a_code(client: APIClient, own: APIClient) -> None:
    app, _ = enrolled(own)
    path = f"{OWN}totp/disable/"
    right = {"password": PASSWORD, "code": current(app)}

    assert outcome(own.post(path, right | {"password": "another password"})) == (400, "wrong_password")
    assert outcome(own.post(path, right | {"code": wrong(app)})) == (400, "wrong_second_factor")
    assert outcome(own.post(path, {"password": PASSWORD})) == (400, "invalid_input")
    disabled = own.post(path, right)

    assert disabled.json()["data"] == {"methods": [], "recovery_codes_left": 0, "is_required": False}
    assert not RecoveryCode.objects.exists()
    assert log_in(client)["access_token"]
    assert outcome(own.post(path, right)) == (409, "totp_not_enrolled")
    assert outcome(own.post(f"{OWN}recovery-codes/", right)) == (409, "no_second_factor")


def test_no_secret_is_stored_and_another_user_has_another_one(own: APIClient, user: User) -> None:
    begun = own.post(f"{OWN}totp/", {"password": PASSWORD}).json()["data"]
    assert begun["secret"] not in str(list(TotpSecret.objects.values()))
    copied = TotpSecret.objects.get()
    copied.user_id = user.pk + 1
    generator = totp.generator_of(copied)
    assert generator is not None
    assert generator.secret != begun["secret"]


def test_the_app_stays_valid_while_the_old_key_is_kept(
    client: APIClient, own: APIClient, settings: Settings
) -> None:
    app, codes = enrolled(own)
    before = settings.SECRET_KEY
    settings.SECRET_KEY = "another key " * 3
    token = challenge(client)
    assert outcome(answer(client, token, current(app))) == (400, "wrong_second_factor")
    assert answer(client, token, codes[0]).status_code == 200
    settings.SECRET_KEY_FALLBACKS = [before]
    assert answer(client, challenge(client), current(app)).status_code == 200


def test_every_change_and_every_use_is_audited_without_a_secret(client: APIClient, own: APIClient) -> None:
    earlier = list(AuditEntry.objects.values_list("pk", flat=True))
    app, codes = enrolled(own)
    token = challenge(client)
    answer(client, token, wrong(app))
    answer(client, token, current(app))
    later()
    own.post(f"{OWN}recovery-codes/", {"password": PASSWORD, "code": current(app)})
    later()
    own.post(f"{OWN}totp/disable/", {"password": PASSWORD, "code": current(app)})

    entries = AuditEntry.objects.exclude(pk__in=earlier).order_by("pk")
    assert list(entries.values_list("action", flat=True)) == [
        "accounts.totp_enrolment_begun",
        "accounts.second_factor_added",
        "accounts.second_factor_refused",
        "accounts.second_factor_verified",
        "accounts.session_started",
        "accounts.second_factor_verified",
        "accounts.recovery_codes_renewed",
        "accounts.second_factor_verified",
        "accounts.second_factor_removed",
    ]
    stored = str(list(entries.values()))
    assert app.secret not in stored
    assert not any(code in stored for code in codes)
    started = entries.get(action="accounts.session_started")
    assert started.changes == {"second_factor": [None, "totp"]}
