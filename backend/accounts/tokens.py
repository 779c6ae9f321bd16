"""Access and refresh tokens of login sessions."""

from typing import Any, TypeVar
from uuid import UUID

from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from backend.accounts.errors import InvalidToken
from backend.accounts.models import Session

SESSION_CLAIM = "sid"

AnyToken = TypeVar("AnyToken", bound=Token)


def verified_token(token_class: type[AnyToken], raw: str | bytes) -> AnyToken:
    """Return the token in `raw` after checking its signature, type and expiry.

    Raises:
        InvalidToken: the signature or the type is wrong, or the token has expired.
    """
    try:
        return token_class(raw)  # type: ignore[arg-type] # bytes are decoded
    except (TokenError, ValueError, OverflowError, RecursionError) as error:
        # Besides TokenError: an expiry after the year 9999, and JSON that is nested too deeply.
        raise InvalidToken from error


def session_id_of(token: Token) -> UUID:
    """Return the id of the session that the token belongs to.

    Raises:
        InvalidToken: the claim is missing or is not a UUID.
    """
    claim = token.get(SESSION_CLAIM)
    try:
        return UUID(claim)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidToken from error


def refresh_token_of(session: Session) -> RefreshToken:
    """Return a new refresh token for the session; it is valid once the session stores its id."""
    token = RefreshToken()
    token[SESSION_CLAIM] = str(session.pk)
    return token


def access_token_of(session: Session) -> AccessToken:
    """Return a new access token for the session."""
    token = AccessToken()
    token[SESSION_CLAIM] = str(session.pk)
    return token


def access_seconds() -> int:
    """Return the lifetime of an access token in seconds."""
    return int(settings.ACCESS_TOKEN_LIFETIME.total_seconds())


def token_id(token: Any) -> str:
    """Return the unique id of a token."""
    return str(token["jti"])
