"""Access tokens, checked against their session."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated
from rest_framework.request import Request
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken

from backend.accounts.models import Session, User
from backend.accounts.tokens import SESSION_CLAIM


class JWTAuthentication(BaseAuthentication):
    """`Authorization: Bearer <access token>`; the token counts only while its session lasts."""

    def authenticate(self, request: Request) -> tuple[User, Session] | None:
        """Return the user and the session; None where no bearer token came.

        Raises:
            AuthenticationFailed: the token is malformed, expired, or its session has ended.
        """
        scheme, _, raw = get_authorization_header(request).partition(b" ")
        if scheme.lower() != b"bearer":
            return None
        try:
            token: AccessToken = AccessToken(raw.strip())  # type: ignore[arg-type]
        except TokenError as error:
            raise AuthenticationFailed("The access token is invalid or has expired.") from error
        session = (
            Session.objects.select_related("user")
            .filter(pk=token.get(SESSION_CLAIM), ended_at=None, user__is_active=True)
            .first()
        )
        if session is None:
            raise AuthenticationFailed("The session has ended; log in again.")
        return session.user, session

    def authenticate_header(self, request: Request) -> str:
        """Return what a 401 asks for."""
        return 'Bearer realm="api"'


def account_of(request: Request) -> User:
    """Return whose request it is.

    Raises:
        NotAuthenticated: a guest's.
    """
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user
