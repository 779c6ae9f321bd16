"""Access and refresh tokens of login sessions.

A token is a function of its session's row and the signing key, so the same tokens can be signed again without
having been stored.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from backend.accounts.errors import InvalidToken
from backend.accounts.models import Session

SESSION_CLAIM = "sid"

AnyToken = TypeVar("AnyToken", bound=Token)


@dataclass(frozen=True, slots=True)
class TokenPair:
    """The tokens of a session, and when the access token expires."""

    access_token: str
    refresh_token: str
    access_expires_at: datetime


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
        InvalidToken: the claim is missing or is not a UUID in its usual notation.
    """
    claim = token.get(SESSION_CLAIM)
    try:
        session_id = UUID(claim)
    except (TypeError, ValueError, AttributeError) as error:
        raise InvalidToken from error
    if str(session_id) != claim:
        raise InvalidToken
    return session_id


def new_token_id() -> str:
    """Return an id for the next pair of tokens."""
    return uuid4().hex


def tokens_of(session: Session) -> TokenPair:
    """Return the current pair of tokens; calling it again returns the same texts.

    Both tokens have the id `refresh_id`. The access token expires no later than the session.
    """
    issued_at = session.issued_at or session.created_at
    access_expires_at = min(issued_at + settings.ACCESS_TOKEN_LIFETIME, session.expires_at)
    return TokenPair(
        access_token=_signed(AccessToken(), session, issued_at=issued_at, expires_at=access_expires_at),
        refresh_token=_signed(RefreshToken(), session, issued_at=issued_at, expires_at=session.expires_at),
        access_expires_at=access_expires_at,
    )


def _signed(token: Token, session: Session, *, issued_at: datetime, expires_at: datetime) -> str:
    token.set_iat(at_time=issued_at)
    token.set_exp(from_time=issued_at, lifetime=expires_at - issued_at)
    token["jti"] = session.refresh_id
    token[SESSION_CLAIM] = str(session.pk)
    return str(token)


def token_id(token: Token) -> str:
    """Return the id of the token's pair."""
    return str(token["jti"])
