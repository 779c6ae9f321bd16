"""An account, a client of a guest, and a client in a session of the account."""

import pytest
from django.conf import settings as shop_settings
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from backend.accounts.models import User
from tests.backend.accounts.second_factor.clients import account, logged_in


@pytest.fixture(autouse=True)
def _no_throttles(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the database's own limits be what bounds guesses."""
    rates = dict.fromkeys(shop_settings.THROTTLE_RATES, "1000000/minute")
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)


@pytest.fixture
def client() -> APIClient:
    return APIClient()


@pytest.fixture(autouse=True)
def user(db: None) -> User:
    return account()


@pytest.fixture
def own(client: APIClient, user: User) -> APIClient:
    return logged_in(client)
