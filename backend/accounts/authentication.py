"""Authentication by access token."""

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request

from backend.accounts.errors import InvalidToken
from backend.accounts.models import Session, User
from backend.accounts.second_factor.errors import SecondFactorRequired
from backend.accounts.second_factor.services import is_required_of
from backend.accounts.selectors import active_session
from backend.accounts.tokens import session_id_of_access_token


class JWTAuthentication(BaseAuthentication):
    """Authenticates `Authorization: Bearer <access token>` until the token expires or its session ends.

    Staff who must use a second factor reach only views with `open_without_second_factor` in a session that
    was begun without one.
    """

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """Return the user and the session, or None without a bearer token.

        Raises:
            AuthenticationFailed: the token is malformed, expired, or its session has ended.
            SecondFactorRequired: the session was begun without the second factor that the view needs.
        """
        scheme, _, raw = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            session_id = session_id_of_access_token(raw.strip())
        except InvalidToken as error:
            raise AuthenticationFailed("The access token is invalid or has expired.") from error
        session = active_session(session_id, now=timezone.now())
        if session is None:
            raise AuthenticationFailed("The session has ended; log in again.")
        view = (request.parser_context or {}).get("view")
        if lacks_second_factor(session) and not getattr(view, "open_without_second_factor", False):
            raise SecondFactorRequired
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge for the header WWW-Authenticate of a 401 response."""
        return 'Bearer realm="api"'


def lacks_second_factor(session: Session) -> bool:
    """Return whether the user must have a second factor, but the session was begun without one."""
    return session.second_factor_at is None and is_required_of(session.user)


def session_of(request: Request) -> Session:
    """Return the session of the access token that came with the request.

    Raises:
        NotAuthenticated: the caller is a guest.
    """
    if not isinstance(request.auth, Session):
        raise NotAuthenticated
    return request.auth


def account_of(request: Request) -> User:
    """Return the account that sent the request.

    Raises:
        NotAuthenticated: the caller is a guest.
    """
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
