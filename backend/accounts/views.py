"""The accounts' endpoints."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts import services
from backend.accounts.models import Session
from backend.accounts.serializers import (
    LoginSerializer,
    RegisterSerializer,
    TokenRefreshSerializer,
    TokensSerializer,
    UserSerializer,
)
from backend.accounts.tokens import access_seconds
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of
from backend.api.shoppers import anonymous_id
from backend.api.throttles import LoginThrottle
from backend.audit.actors import actor_of


def _tokens(logged_in: services.LoggedIn) -> Any:
    return TokensSerializer(
        {
            "access_token": logged_in.access_token,
            "refresh_token": logged_in.refresh_token,
            "token_type": "Bearer",
            "expires_in": access_seconds(),
            "user": logged_in.user,
        }
    ).data


class GuestView(APIView):
    """An endpoint for people who have not logged in yet; a token that came along is not looked at."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LoginThrottle,)


class RegisterView(GuestView):
    """New accounts."""

    @extend_schema(
        request=RegisterSerializer, responses={201: envelope_of(UserSerializer)}, tags=["accounts"]
    )
    def post(self, request: Request) -> Response:
        """Open an account for a customer or a seller."""
        user = services.register(**parse_body(request, RegisterSerializer), by=actor_of(request))
        return envelope(UserSerializer(user).data, message="Account created.", status=201)


class LoginView(GuestView):
    """Sessions by phone and password."""

    @extend_schema(request=LoginSerializer, responses=envelope_of(TokensSerializer), tags=["accounts"])
    def post(self, request: Request) -> Response:
        """Begin a session."""
        credentials = parse_body(request, LoginSerializer)
        logged_in = services.log_in(**credentials, now=timezone.now(), anonymous_id=anonymous_id(request))
        return envelope(_tokens(logged_in), message="Logged in.")


class TokenRefreshView(GuestView):
    """New tokens for a session."""

    @extend_schema(request=TokenRefreshSerializer, responses=envelope_of(TokensSerializer), tags=["accounts"])
    def post(self, request: Request) -> Response:
        """Spend a refresh token for a new pair."""
        body = parse_body(request, TokenRefreshSerializer)
        return envelope(_tokens(services.renew(body["refresh_token"], now=timezone.now())))


class LogoutView(APIView):
    """The end of a session."""

    @extend_schema(request=None, responses=envelope_of(UserSerializer), tags=["accounts"])
    def post(self, request: Request) -> Response:
        """End the session of the access token, with its refresh tokens."""
        session: Session = request.auth  # type: ignore[assignment]
        services.end_session(session.pk, by=actor_of(request), now=timezone.now())
        return envelope(UserSerializer(session.user).data, message="Logged out.")
