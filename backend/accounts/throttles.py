"""The throttle of refreshes."""

from collections.abc import Mapping

from rest_framework.request import Request
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import RefreshToken

from backend.accounts.errors import InvalidToken
from backend.accounts.tokens import session_id_of, verified_token
from backend.api.throttles import ScopedThrottle


class RefreshThrottle(ScopedThrottle):
    """Refreshes of a session; requests without a valid refresh token are counted by address."""

    scope = "refresh"

    def get_cache_key(self, request: Request, view: APIView) -> str:
        """Return the cache key of the session, or of the address."""
        body = request.data
        token = body.get("refresh_token") if isinstance(body, Mapping) else None
        try:
            # The signature is checked, so that a forged token can't use up the refreshes of another session.
            session_id = session_id_of(verified_token(RefreshToken, token if isinstance(token, str) else ""))
        except InvalidToken:
            return super().get_cache_key(request, view)
        return self.cache_format % {"scope": self.scope, "ident": f"session-{session_id}"}
