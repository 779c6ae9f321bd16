"""Passkeys over HTTP, with an authenticator in software."""

import sys
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import Session, User
from backend.accounts.second_factor.models import Passkey, PasskeyRegistration
from backend.audit.models import AuditEntry
from tests.backend.accounts.clients import PASSWORD, authenticates, bearer, log_in
from tests.backend.accounts.second_factor.authenticator import Authenticator, decoded, encoded
from tests.backend.accounts.second_factor.clients import (
    OWN,
    SECOND_STEP,
    account,
    answer,
    app_of,
    challenge,
    current,
    enrolled,
    logged_in,
    outcome,
)

pytestmark = pytest.mark.django_db

PASSKEYS = f"{OWN}passkeys/"
REFUSED_NEW, REFUSED = (400, "passkey_refused"), (400, "wrong_second_factor")


def creation_options(own: APIClient) -> dict[str, Any]:
    response = own.post(f"{PASSKEYS}options/", {"password": PASSWORD})
    assert response.status_code == 200, response.json()
    options: dict[str, Any] = response.json()["data"]
    return options


def registered(own: APIClient, authenticator: Authenticator, *, name: str = "Laptop") -> dict[str, Any]:
    credential = authenticator.create(creation_options(own))
    response = own.post(PASSKEYS, {"name": name, "credential": credential})
    assert response.status_code == 201, response.json()
    added: dict[str, Any] = response.json()["data"]
    return added


def request_options(client: APIClient, token: str) -> dict[str, Any]:
    response = client.post("/api/accounts/login/passkey-options/", {"challenge_token": token})
    assert response.status_code == 200, response.json()
    options: dict[str, Any] = response.json()["data"]
    return options


def entered(client: APIClient, token: str, assertion: Mapping[str, Any]) -> Any:
    return client.post(SECOND_STEP, {"challenge_token": token, "passkey": assertion})


def entered_with(client: APIClient, authenticator: Authenticator) -> Any:
    """Log in with the password and the passkey."""
    token = challenge(client)
    return entered(client, token, authenticator.get(request_options(client, token)))


def test_a_passkey_is_a_second_factor(client: APIClient, own: APIClient) -> None:
    authenticator = Authenticator()
    added = registered(own, authenticator)
    assert len(added["recovery_codes"]) == 10
    assert added["passkey"]["name"] == "Laptop"

    first = client.post("/accounts/login/", {"phone": "+16502530000", "password": PASSWORD}).json()["data"]
    assert first["methods"] == ["passkey", "recovery_code"]
    options = request_options(client, first["challenge_token"])
    assert [allowed["id"] for allowed in options["allowCredentials"]] == [
        encoded(authenticator.credential_id)
    ]
    assert options["allowCredentials"][0]["transports"] == ["internal"]
    response = entered(client, first["challenge_token"], authenticator.get(options))

    assert response.status_code == 200
    assert authenticates(client, response.json()["data"]["access_token"])
    (listed,) = own.get(PASSKEYS).json()["results"]
    assert listed["last_used_at"] is not None
    assert AuditEntry.objects.get(action="accounts.second_factor_verified").changes == {
        "method": [None, "passkey"]
    }
    authenticator.counter = 7
    assert entered_with(client, authenticator).status_code == 200
    assert Passkey.objects.get().sign_count == 8


def test_an_account_is_deleted_without_a_code_only_shortly_after_a_login_with_a_passkey(
    client: APIClient, own: APIClient
) -> None:
    authenticator = Authenticator()
    registered(own, authenticator)
    headers = bearer(entered_with(client, authenticator).json()["data"]["access_token"])
    body = {"password": PASSWORD}
    Session.objects.update(second_factor_at=timezone.now() - timedelta(minutes=6))

    late = client.delete("/api/accounts/me/", body, headers=headers)
    headers = bearer(entered_with(client, authenticator).json()["data"]["access_token"])
    wrong = client.delete("/api/accounts/me/", {**body, "code": "000000"}, headers=headers)

    assert outcome(late) == outcome(wrong) == (400, "wrong_second_factor")
    assert client.delete("/api/accounts/me/", body, headers=headers).status_code == 202
    assert not Passkey.objects.exists()


@pytest.mark.parametrize(
    ("spoil", "value"),
    [
        ("origin", "https://shop.example.attacker.example"),
        ("origin", "http://localhost:8001"),
        ("rp_id", "attacker.example"),
        ("verifies_user", False),
    ],
)
def test_what_an_authenticator_made_for_another_page_or_without_the_user_is_refused(
    client: APIClient, own: APIClient, spoil: str, value: object
) -> None:
    spoiled = Authenticator()
    setattr(spoiled, spoil, value)
    credential = spoiled.create(creation_options(own))
    assert outcome(own.post(PASSKEYS, {"name": "Laptop", "credential": credential})) == REFUSED_NEW
    assert not Passkey.objects.exists()

    authenticator = Authenticator()
    registered(own, authenticator)
    setattr(authenticator, spoil, value)
    assert outcome(entered_with(client, authenticator)) == REFUSED


@pytest.mark.parametrize("counter", [5, 4, 0])
def test_a_sign_count_that_does_not_grow_is_refused(client: APIClient, own: APIClient, counter: int) -> None:
    authenticator = Authenticator(counter=4)
    registered(own, authenticator)
    authenticator.counts, authenticator.counter = False, counter
    assert outcome(entered_with(client, authenticator)) == REFUSED
    authenticator.counter = 6
    assert entered_with(client, authenticator).status_code == 200


def test_a_passkey_that_does_not_count_is_accepted_again(client: APIClient, own: APIClient) -> None:
    authenticator = Authenticator(counts=False)
    registered(own, authenticator)
    assert [entered_with(client, authenticator).status_code for _ in range(2)] == [200, 200]


def test_an_assertion_and_its_options_are_used_once(client: APIClient, own: APIClient) -> None:
    authenticator = Authenticator(counts=False)
    registered(own, authenticator)
    token = challenge(client)
    unsigned = authenticator.get({"challenge": encoded(b"another"), "rpId": "localhost"})
    assertion = authenticator.get(request_options(client, token))

    assert outcome(entered(client, token, unsigned)) == REFUSED
    assert outcome(entered(client, token, assertion)) == REFUSED, "the first attempt used up the options"
    assertion = authenticator.get(request_options(client, token))
    assert entered(client, token, assertion).status_code == 200
    assert outcome(entered(client, token, assertion)) == (400, "invalid_login_challenge")
    other = challenge(client)
    assert outcome(entered(client, other, assertion)) == REFUSED
    request_options(client, other)
    assert outcome(entered(client, other, assertion)) == REFUSED


def test_a_passkey_of_another_account_is_refused(client: APIClient, own: APIClient) -> None:
    registered(own, Authenticator())
    account("+16502530111")
    theirs = Authenticator(credential_id=b"another credential")
    registered(logged_in(client, phone="+16502530111"), theirs)
    assert outcome(entered_with(client, theirs)) == REFUSED
    stolen_id = Authenticator(counter=9)
    assert outcome(entered_with(client, stolen_id)) == REFUSED, "the same id, but another key"


def _changed(part: str, change: Callable[[bytes], bytes]) -> Callable[[dict[str, Any]], None]:
    def apply(credential: dict[str, Any]) -> None:
        credential["response"][part] = encoded(change(decoded(credential["response"][part])))

    return apply


def _shortened(part: str, *, length: int) -> Callable[[dict[str, Any]], None]:
    return _changed(part, lambda raw: raw[:length])


SPOILED: list[Callable[[dict[str, Any]], Any]] = [
    lambda credential: credential.clear(),
    lambda credential: credential.update(id="\x00", rawId="\x00"),
    lambda credential: credential.update(id="ü" * 20),
    lambda credential: credential.update(id=["a"]),
    lambda credential: credential.update(id="A" * 5_000),
    lambda credential: credential.update(rawId="!"),
    lambda credential: credential.update(type="password"),
    lambda credential: credential.update(response=None),
    lambda credential: credential.update(response=["x"]),
    lambda credential: credential.update(response={}),
    lambda credential: credential["response"].update(clientDataJSON=encoded(b"{}")),
    lambda credential: credential["response"].update(clientDataJSON=encoded(b"[" * 100_000)),
    lambda credential: credential["response"].update(clientDataJSON="€"),
    _changed("clientDataJSON", lambda raw: raw[:-1]),
]
OF_ASSERTION = [
    _changed("signature", lambda raw: raw[:-1]),
    _changed("signature", lambda raw: b""),
    *[_shortened("authenticatorData", length=length) for length in (0, 31, 36)],
    _changed("authenticatorData", lambda raw: raw + b"\x00"),
    _changed("authenticatorData", lambda raw: raw[:32] + b"\xff" + raw[33:]),
]
OF_ATTESTATION = [
    *[_shortened("attestationObject", length=length) for length in (0, 1, 20, 60, 120, 150)],
    _changed("attestationObject", lambda raw: raw.replace(b"none", b"nope")),
    _changed("attestationObject", lambda raw: raw.replace(b"\x64none", b"\x66packed")),
    _changed("attestationObject", lambda raw: raw.replace(b"\x64none", b"\x63tpm")),
    _changed("attestationObject", lambda raw: b"\x81" * 100_000),
    _changed("attestationObject", lambda raw: b"\xbb" + b"\xff" * 8),
]


def test_what_is_malformed_is_refused_and_causes_no_error(client: APIClient, own: APIClient) -> None:
    for spoil in [*SPOILED, *OF_ATTESTATION]:
        credential = Authenticator().create(creation_options(own))
        spoil(credential)
        refused = own.post(PASSKEYS, {"name": "Laptop", "credential": credential})
        assert outcome(refused)[0] == 400, credential
    assert not Passkey.objects.exists()

    authenticator = Authenticator()
    registered(own, authenticator)
    for spoil in [*SPOILED, *OF_ASSERTION]:
        token = challenge(client)
        assertion = authenticator.get(request_options(client, token))
        spoil(assertion)
        assert outcome(entered(client, token, assertion))[0] == 400, assertion
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    "key",
    [
        [],
        {},
        {1: 2, 3: -7, -1: 9, -2: b"x", -3: b"y"},
        {1: 2, 3: -7, -1: 1, -2: b"x" * 32, -3: b"y" * 32},
        {1: 3, 3: -257, -1: b"\x01", -2: b"\x03"},
    ],
    ids=["no map", "empty", "unknown curve", "not on the curve", "tiny"],
)
def test_a_key_that_could_verify_no_login_is_refused(own: APIClient, key: object) -> None:
    credential = Authenticator(cose_key=key).create(creation_options(own))
    assert outcome(own.post(PASSKEYS, {"name": "Laptop", "credential": credential})) == REFUSED_NEW


def test_the_options_of_a_new_passkey_are_used_once_and_expire(own: APIClient) -> None:
    credential = Authenticator().create(creation_options(own))
    new = {"name": "Laptop", "credential": credential}
    PasskeyRegistration.objects.update(expires_at=F("expires_at") - timedelta(minutes=6))
    assert outcome(own.post(PASSKEYS, new)) == REFUSED_NEW
    assert outcome(own.post(PASSKEYS, new)) == REFUSED_NEW

    authenticator = Authenticator()
    options = creation_options(own)
    credential = authenticator.create(options)
    assert own.post(PASSKEYS, {"name": "Laptop", "credential": credential}).status_code == 201
    assert outcome(own.post(PASSKEYS, {"name": "Again", "credential": credential})) == REFUSED_NEW
    again = creation_options(own)
    assert [excluded["id"] for excluded in again["excludeCredentials"]] == [
        encoded(authenticator.credential_id)
    ]
    repeated = own.post(PASSKEYS, {"name": "Again", "credential": authenticator.create(again)})
    assert outcome(repeated) == (409, "passkey_already_registered")
    wrong_kind = Authenticator(credential_id=b"another").create(creation_options(own), kind="webauthn.get")
    assert outcome(own.post(PASSKEYS, {"name": "Again", "credential": wrong_kind})) == REFUSED_NEW


def test_passkeys_are_renamed_and_deleted_by_their_owner(client: APIClient, own: APIClient) -> None:
    authenticator = Authenticator()
    number = registered(own, authenticator)["passkey"]["id"]
    path = f"{PASSKEYS}{number}/"
    account("+16502530111")
    stranger = logged_in(client, phone="+16502530111")

    assert own.patch(path, {"name": "Telephone"}).json()["data"]["name"] == "Telephone"
    assert outcome(stranger.patch(path, {"name": "Mine"})) == (404, "passkey_not_found")
    theirs = stranger.post(f"{path}delete/", {"password": PASSWORD, "code": "123456"})
    assert outcome(theirs) == (404, "passkey_not_found")
    assert outcome(own.post(f"{path}delete/", {"password": "another one"})) == (400, "wrong_password")
    Session.objects.update(second_factor_at=timezone.now() - timedelta(minutes=6))
    assert outcome(own.post(f"{path}delete/", {"password": PASSWORD})) == REFUSED
    tokens = entered_with(client, authenticator).json()["data"]
    deleted = client.post(f"{path}delete/", {"password": PASSWORD}, headers=bearer(tokens["access_token"]))

    assert deleted.json()["data"] == {"id": number}
    assert own.get(OWN).json()["data"]["methods"] == []
    assert log_in(client)["access_token"]


def test_a_session_without_the_second_factor_cannot_add_another(client: APIClient, own: APIClient) -> None:
    before = logged_in(client)
    app, _ = enrolled(own)
    assert outcome(before.post(f"{PASSKEYS}options/", {"password": PASSWORD})) == (
        403,
        "second_factor_required",
    )
    registered(own, Authenticator())
    path = f"{OWN}totp/disable/"
    assert own.post(path, {"password": PASSWORD, "code": current(app)}).status_code == 200
    assert outcome(before.post(f"{OWN}totp/", {"password": PASSWORD})) == (403, "second_factor_required")


def test_a_factor_that_was_begun_before_another_one_needs_that_one_too(
    client: APIClient, own: APIClient
) -> None:
    before = logged_in(client)
    pending = app_of(before.post(f"{OWN}totp/", {"password": PASSWORD}).json()["data"]["secret"])
    theirs = Authenticator(credential_id=b"another credential")
    credential = theirs.create(creation_options(before))
    Passkey.objects.create(
        user=User.objects.get(), public_key=b"", sign_count=0, backed_up=False, created_at=timezone.now()
    )

    refused = (403, "second_factor_required")
    assert outcome(before.post(f"{OWN}totp/confirm/", {"code": current(pending)})) == refused
    assert outcome(before.post(PASSKEYS, {"name": "Theirs", "credential": credential})) == refused
    assert Passkey.objects.count() == 1


def test_an_account_has_at_most_twenty_passkeys(own: APIClient, user: User) -> None:
    some = {"public_key": b"", "sign_count": 0, "backed_up": False, "created_at": timezone.now()}
    Passkey.objects.bulk_create(
        Passkey(user=user, credential_id=f"id{number}", name="Key", **some) for number in range(20)
    )
    Session.objects.update(second_factor_at=timezone.now())
    response = own.post(f"{PASSKEYS}options/", {"password": PASSWORD})
    assert outcome(response) == (409, "too_many_passkeys")


def test_without_the_library_passkeys_are_unavailable_and_other_factors_work(
    client: APIClient, own: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    authenticator = Authenticator()
    codes = registered(own, authenticator)["recovery_codes"]
    token = challenge(client)
    monkeypatch.setitem(sys.modules, "webauthn", None)

    unavailable = (501, "passkeys_unavailable")
    assert outcome(own.post(f"{PASSKEYS}options/", {"password": PASSWORD})) == unavailable
    assert (
        outcome(client.post("/api/accounts/login/passkey-options/", {"challenge_token": token}))
        == unavailable
    )
    assert answer(client, token, codes[0]).status_code == 200


def test_the_relying_party_comes_from_settings(client: APIClient, own: APIClient, settings: Settings) -> None:
    settings.PASSKEY_RP_ID = "shop.example"
    settings.PASSKEY_ORIGINS = ["https://shop.example", "https://m.shop.example"]
    authenticator = Authenticator(origin="https://m.shop.example")
    registered(own, authenticator)
    authenticator.origin = "https://shop.example"
    assert entered_with(client, authenticator).status_code == 200
