"""Any invalid token is refused with 401 in the error envelope."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import jwt
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from backend.accounts import tokens
from backend.accounts.errors import ForeignToken, InvalidToken
from backend.accounts.models import User
from tests.backend.accounts.clients import PASSWORD, PHONE, authenticates, log_in, renew

pytestmark = [pytest.mark.django_db, pytest.mark.once]

# The bytes that the shop signs; the library verifies tokens with any other header.
HEADER = b'{"alg":"HS256","typ":"JWT"}'
ODD_VALUES: list[Any] = [
    None,
    True,
    -1,
    10**14,
    10**30,
    1e308,
    "",
    "no uuid",
    "x" * 2_000,
    "\0",
    [],
    ["a"],
    {},
    {"a": {"b": 1}},
]


def signed(payload: bytes, *, header: bytes = HEADER, digest: Any = hashlib.sha256) -> str:
    """Return a token with these contents, signed with the shop's key."""
    parts = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload))
    signature = hmac.new(settings.SECRET_KEY.encode(), parts, digest).digest()
    return (parts + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def claims(kind: str, **changes: Any) -> bytes:
    valid = {"token_type": kind, "exp": 4_102_444_800, "iat": 1, "jti": "an id", "sid": str(uuid4())}
    return json.dumps(valid | changes).encode()


def changed(token: str, **changes: Any) -> str:
    """Return a valid token with other claims, signed with the shop's key."""
    valid = jwt.decode(token, options={"verify_signature": False})
    return signed(json.dumps(valid | changes).encode())


def without(token: str, claim: str) -> str:
    """Return a valid token without the claim, signed with the shop's key."""
    valid = jwt.decode(token, options={"verify_signature": False})
    return signed(json.dumps({name: value for name, value in valid.items() if name != claim}).encode())


def without_signature(token: str, *, algorithm: str) -> str:
    """Return the claims of a valid token with an empty signature."""
    header = base64.urlsafe_b64encode(json.dumps({"alg": algorithm, "typ": "JWT"}).encode())
    return f"{header.rstrip(b'=').decode()}.{token.split('.')[1]}."


def with_another_account(token: str) -> str:
    """Return the token with a changed payload and its old signature."""
    header, _, signature = token.split(".")
    payload = base64.urlsafe_b64encode(claims("access")).rstrip(b"=").decode()
    return f"{header}.{payload}.{signature}"


INVALID: dict[str, Callable[[str, str], str]] = {
    "alg none": lambda token, other: without_signature(token, algorithm="none"),
    "alg None": lambda token, other: without_signature(token, algorithm="None"),
    "no signature": lambda token, other: without_signature(token, algorithm="HS256"),
    "another algorithm": lambda token, other: signed(
        json.dumps(jwt.decode(token, options={"verify_signature": False})).encode(),
        header=b'{"alg": "HS512", "typ": "JWT"}',
        digest=hashlib.sha512,
    ),
    "another key": lambda token, other: jwt.encode(
        jwt.decode(token, options={"verify_signature": False}), "another key" * 4, algorithm="HS256"
    ),
    "tampered": lambda token, other: with_another_account(token),
    "wrong type": lambda token, other: other,
    "expired": lambda token, other: changed(token, exp=int(time.time()) - 1),
    "not valid yet": lambda token, other: changed(token, nbf=int(time.time()) + 60),
    "no expiry": lambda token, other: without(token, "exp"),
    "expiry of another type": lambda token, other: changed(token, exp="4102444800"),
    "expiry that no clock can represent": lambda token, other: changed(token, exp=10**18),
    "no type": lambda token, other: without(token, "token_type"),
    "no session": lambda token, other: without(token, "sid"),
    "an unknown session": lambda token, other: changed(token, sid=str(uuid4())),
    "sid in capitals": lambda token, other: changed(token, sid="ABCDEFAB-CDEF-4BCD-8FAB-CDEFABCDEFAB"),
    "sid as a URN": lambda token, other: changed(token, sid=f"urn:uuid:{uuid4()}"),
    "sid without hyphens": lambda token, other: changed(token, sid=uuid4().hex),
    "sid in braces": lambda token, other: changed(token, sid=f"{{{uuid4()}}}"),
    "sid of an account": lambda token, other: changed(token, sid="1"),
}


@pytest.mark.parametrize("refresh", [False, True], ids=["access", "refresh"])
@pytest.mark.parametrize("fault", INVALID)
def test_an_invalid_token_is_refused_and_its_session_continues(fault: str, refresh: bool) -> None:
    User.objects.create_user(PHONE, PASSWORD)
    client = APIClient()
    tokens = log_in(client)
    token, other = tokens["access_token"], tokens["refresh_token"]
    if refresh:
        token, other = other, token

    require_refused(INVALID[fault](token, other), refresh=refresh)

    assert authenticates(client, tokens["access_token"])
    assert renew(client, tokens["refresh_token"]).status_code == 200


@pytest.mark.parametrize("header", [HEADER, b'{"typ": "JWT", "alg": "HS256"}'])
@pytest.mark.parametrize("extra", [{}, {"a": "claim of another release"}])
def test_a_valid_token_of_any_form_authenticates(header: bytes, extra: dict[str, str]) -> None:
    User.objects.create_user(PHONE, PASSWORD)
    client = APIClient()
    sid = jwt.decode(log_in(client)["access_token"], options={"verify_signature": False})["sid"]
    assert authenticates(client, signed(claims("access", sid=sid, **extra), header=header))
    assert not authenticates(client, signed(claims("access", sid=sid, exp=int(time.time())), header=header))
    assert not authenticates(client, signed(claims("access", sid=sid, iat=4_102_444_700), header=header))


def test_a_token_that_was_verified_before_is_refused_when_it_expires_or_the_key_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    raw = signed(claims("access", sid=str(UUID(int=1)))).encode()
    assert tokens.session_id_of_access_token(raw) == UUID(int=1)

    with monkeypatch.context() as later:
        later.setattr(tokens, "time", SimpleNamespace(time=lambda: 4_102_444_800))
        with pytest.raises(InvalidToken):
            tokens.session_id_of_access_token(raw)
    with pytest.raises(ForeignToken):
        tokens.own_access_token(raw, key=b"another key")


def require_refused(token: str, *, refresh: bool) -> None:
    client = APIClient(raise_request_exception=False)
    if refresh:
        response = client.post("/accounts/token-refresh/", {"refresh_token": token})
        code = "session_ended"
    else:
        response = client.get("/api/orders/cart/", headers={"Authorization": f"Bearer {token}"})
        code = "authentication_failed"
    assert (response.status_code, response.json()["code"]) == (401, code)


@pytest.mark.parametrize("refresh", [False, True], ids=["access", "refresh"])
@pytest.mark.parametrize("claim", ["sid", "jti", "exp", "iat", "nbf", "token_type", "sub"])
def test_no_value_of_a_claim_causes_an_error(claim: str, refresh: bool) -> None:
    kind = "refresh" if refresh else "access"
    for value in ODD_VALUES:
        require_refused(signed(claims(kind, **{claim: value})), refresh=refresh)
    without = {name: value for name, value in json.loads(claims(kind)).items() if name != claim}
    require_refused(signed(json.dumps(without).encode()), refresh=refresh)


@pytest.mark.parametrize("refresh", [False, True], ids=["access", "refresh"])
@pytest.mark.parametrize(
    ("header", "payload"),
    [
        (HEADER, b"[" * 900 + b"]" * 900),
        (HEADER, b"[1]"),
        (HEADER, b"\xff\xfe"),
        (HEADER, b'{"exp": Infinity}'),
        (HEADER, b'{"exp": NaN}'),
        (HEADER, b'{"token_type": "access", "jti": "a", "exp": ' + b"9" * 1_000 + b"}"),
        (b'{"a": ' * 300 + b"1" + b"}" * 300, b"{}"),
        (b"[1]", b"{}"),
        (b'{"alg": ["HS256"]}', b"{}"),
        (b'{"alg": "none"}', b"{}"),
        (b'{"alg": "HS256", "crit": 5}', b"{}"),
        (b'{"alg": "HS256", "b64": false}', b"{}"),
    ],
)
def test_a_malformed_token_is_refused(header: bytes, payload: bytes, refresh: bool) -> None:
    require_refused(signed(payload, header=header), refresh=refresh)


@pytest.mark.parametrize("token", ["", ".", "..", "a b c", "é.é.é", "A" * 8_000])
def test_text_that_is_not_a_token_is_refused(token: str) -> None:
    client = APIClient(raise_request_exception=False)
    response = client.get("/api/orders/cart/", headers={"Authorization": f"Bearer {token}"})
    assert (response.status_code, response.json()["code"]) == (401, "authentication_failed")
