"""Requests about second factors, and an authenticator app."""

from datetime import datetime
from typing import Any

import pyotp
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.locks import lock_user
from backend.accounts.models import User
from backend.accounts.second_factor.errors import WrongCode
from backend.accounts.second_factor.models import TotpSecret
from backend.accounts.second_factor.services import Method, accept_code
from tests.backend.accounts.clients import PASSWORD, PHONE, bearer, log_in

OWN = "/api/accounts/me/second-factor/"
SECOND_STEP = "/api/accounts/login/second-factor/"


def app_of(secret: str) -> pyotp.TOTP:
    return pyotp.TOTP(secret)


def current(app: pyotp.TOTP, *, steps: int = 0) -> str:
    """Return the app's code of now, or of some time steps later."""
    return app.at(timezone.now(), counter_offset=steps)


def wrong(app: pyotp.TOTP) -> str:
    """Return six digits that are none of the app's codes around now."""
    valid = {current(app, steps=steps) for steps in range(-3, 4)}
    return next(code for code in map("{:06}".format, range(10)) if code not in valid)


def outcome(response: Any) -> tuple[int, str]:
    return response.status_code, response.json().get("code", "")


def logged_in(client: APIClient, **credentials: str) -> APIClient:
    """Return another client that sends requests in a new session of the account."""
    other = APIClient()
    other.credentials(
        HTTP_AUTHORIZATION=bearer(log_in(client, **credentials)["access_token"])["Authorization"]
    )
    return other


def enrolled(client: APIClient) -> tuple[pyotp.TOTP, list[str]]:
    """Set up an authenticator app in the client's session; return the app and the recovery codes."""
    begun = client.post(f"{OWN}totp/", {"password": PASSWORD})
    assert begun.status_code == 201, begun.json()
    app = app_of(begun.json()["data"]["secret"])
    confirmed = client.post(f"{OWN}totp/confirm/", {"code": current(app)})
    assert confirmed.status_code == 200, confirmed.json()
    later()
    return app, confirmed.json()["data"]["recovery_codes"]


def later() -> None:
    """Let the app's last code be an old one, as if minutes had passed."""
    TotpSecret.objects.update(last_step=0)


def challenge(client: APIClient, *, phone: str = PHONE) -> str:
    """Log in with the password and return the challenge token."""
    response = client.post("/accounts/login/", {"phone": phone, "password": PASSWORD})
    assert response.status_code == 200, response.json()
    token: str = response.json()["data"]["challenge_token"]
    return token


def answer(client: APIClient, token: object, code: object) -> Any:
    return client.post(SECOND_STEP, {"challenge_token": token, "code": code})


def verify(user_id: int, *, code: str, now: datetime) -> Method:
    """Verify the code in a transaction of its own.

    Raises:
        WrongCode: it is wrong or was used before.
    """
    with transaction.atomic():
        lock_user(user_id)
        method = accept_code(user_id, code=code, now=now)
    if method is None:
        raise WrongCode
    return method


def account(phone: str = PHONE, **fields: Any) -> User:
    return User.objects.create_user(phone, PASSWORD, **fields)
