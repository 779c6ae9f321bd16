"""What the tokens of a session say."""

from typing import Any

from django.conf import settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from backend.accounts.models import Session

SESSION_CLAIM = "sid"


def refresh_token_of(session: Session) -> RefreshToken:
    """Return a new refresh token of the session; the session must store its id to make it the valid one."""
    token = RefreshToken()
    token[SESSION_CLAIM] = str(session.pk)
    return token


def access_token_of(session: Session) -> AccessToken:
    """Return an access token of the session."""
    token = AccessToken()
    token[SESSION_CLAIM] = str(session.pk)
    return token


def access_seconds() -> int:
    """Return how long an access token is valid."""
    return int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())


def token_id(token: Any) -> str:
    """Return the id that tells one token from another."""
    return str(token["jti"])
