"""Access and refresh tokens of login sessions.

A token is a function of its session's row and the signing key, so the same tokens can be signed again without
having been stored.
"""

import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from uuid import UUID, uuid4

from django.conf import settings
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.state import token_backend
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token

from backend.accounts.errors import ForeignToken, InvalidToken
from backend.accounts.models import Session

SESSION_CLAIM = "sid"
_HEADER = urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}')
# The library can't represent a later expiry.
_LATEST = datetime.max.replace(tzinfo=UTC).timestamp() - 1
_CLAIMS = {"token_type": str, "exp": int, "iat": int, "jti": str, SESSION_CLAIM: str}

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
    except (TokenError, TypeError, ValueError, OverflowError, OSError, RecursionError) as error:
        # Besides TokenError: an expiry as text, after the year 9999 or beyond what the system's clock can
        # represent, and JSON that is nested too deeply.
        raise InvalidToken from error


def session_id_of_access_token(raw: bytes) -> UUID:
    """Return the id of the session that the access token belongs to, checked as `verified_token` does.

    Raises:
        InvalidToken: the signature, the type or the id is wrong, or the token has expired.
    """
    try:
        token = own_access_token(raw, key=token_backend.prepared_signing_key)
    except ForeignToken:
        return session_id_of(verified_token(AccessToken, raw))
    if not token.issued_at <= time.time() < token.expires_at:
        raise InvalidToken
    return token.session_id


class OwnToken(NamedTuple):
    """The contents of an access token that the shop signed."""

    session_id: UUID
    issued_at: int
    expires_at: int


# Exceptions are not cached, so only tokens that the shop has signed occupy memory. Every request checks
# whether the token has expired and whether its session continues.
@lru_cache(maxsize=4_096)
def own_access_token(raw: bytes, *, key: bytes) -> OwnToken:
    """Return the contents of an access token that has exactly the form of those that `tokens_of` signs.

    The library takes much longer, because it accepts any form; it decides about all other tokens.

    Raises:
        ForeignToken: it has another signature or another form.
    """
    signed, _, signature = raw.rpartition(b".")
    header, _, payload = signed.partition(b".")
    expected = _without_padding(hmac.digest(key, signed, "sha256"))
    if header != _HEADER or not hmac.compare_digest(expected, signature):
        raise ForeignToken
    try:
        claims = json.loads(urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        if not isinstance(claims, dict) or {name: type(claims[name]) for name in claims} != _CLAIMS:
            raise ForeignToken
        if claims["token_type"] != AccessToken.token_type or claims["exp"] > _LATEST:
            raise ForeignToken
        return OwnToken(_session_id(claims[SESSION_CLAIM]), claims["iat"], claims["exp"])
    except (ValueError, RecursionError, InvalidToken) as error:
        raise ForeignToken from error


def _without_padding(digest: bytes) -> bytes:
    return urlsafe_b64encode(digest).rstrip(b"=")


def session_id_of(token: Token) -> UUID:
    """Return the id of the session that the token belongs to.

    Raises:
        InvalidToken: the claim is missing or is not a UUID in its usual notation.
    """
    return _session_id(token.get(SESSION_CLAIM))


def _session_id(claim: Any) -> UUID:
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
