"""Requests about accounts and sessions, and changes to the age of sessions."""

from datetime import timedelta
from typing import Any

from django.db.models import F
from rest_framework.test import APIClient

from backend.accounts.models import Session

PHONE = "+16502530000"
PASSWORD = "a-long-lamp-shade"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def log_in(
    client: APIClient, *, phone: str = PHONE, password: str = PASSWORD, user_agent: str = FIREFOX
) -> dict[str, Any]:
    credentials = {"phone": phone, "password": password}
    response = client.post("/accounts/login/", credentials, headers={"User-Agent": user_agent})
    assert response.status_code == 200, response.json()
    tokens: dict[str, Any] = response.json()["data"]
    return tokens


def renew(client: APIClient, refresh_token: str) -> Any:
    return client.post("/accounts/token-refresh/", {"refresh_token": refresh_token})


def renewed(client: APIClient, tokens: dict[str, Any]) -> dict[str, Any]:
    response = renew(client, tokens["refresh_token"])
    assert response.status_code == 200, response.json()
    new: dict[str, Any] = response.json()["data"]
    return new


def pair(tokens: dict[str, Any]) -> tuple[str, str]:
    return tokens["access_token"], tokens["refresh_token"]


def authenticates(client: APIClient, access_token: str) -> bool:
    """Return whether the access token authenticates a request."""
    status = client.get("/accounts/me/", headers=bearer(access_token)).status_code
    assert status in (200, 401)
    return status == 200


def grow_older(**age: float) -> None:
    """Move the times of all sessions to the past, as if they had begun that much earlier."""
    moved = timedelta(**age)
    times = ("issued_at", "created_at", "expires_at", "last_used_at")
    Session.objects.update(**{name: F(name) - moved for name in times})
