"""Any invalid token is refused with 401 in the error envelope."""

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db

HEADER = b'{"alg": "HS256", "typ": "JWT"}'
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


def signed(payload: bytes, *, header: bytes = HEADER) -> str:
    """Return a token with these contents, signed with the shop's key."""
    parts = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in (header, payload))
    signature = hmac.new(settings.SECRET_KEY.encode(), parts, hashlib.sha256).digest()
    return (parts + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def claims(kind: str, **changes: Any) -> bytes:
    valid = {"token_type": kind, "exp": 4_102_444_800, "iat": 1, "jti": "an id", "sid": str(uuid4())}
    return json.dumps(valid | changes).encode()


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
def test_a_token_with_an_invalid_or_missing_claim_is_refused(claim: str, refresh: bool) -> None:
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
