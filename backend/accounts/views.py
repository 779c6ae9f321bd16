"""Account endpoints."""

from collections.abc import Sequence

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from backend.accounts import services
from backend.accounts.authentication import account_of, session_of
from backend.accounts.devices import device_of
from backend.accounts.errors import (
    CommonPassword,
    InvalidCredentials,
    PhoneTaken,
    SessionEnded,
    TooManyAttempts,
    WrongPassword,
)
from backend.accounts.login_responses import DEVICE_TOKEN, logged_in_response, tokens_shown
from backend.accounts.passwords import Confirmation, change_password
from backend.accounts.second_factor.challenges import Challenge
from backend.accounts.second_factor.serializers import SecondFactorChallengeSerializer
from backend.accounts.serializers import (
    EndedSessionsSerializer,
    LoginSerializer,
    PasswordChangeSerializer,
    ProfileChangesSerializer,
    RegisterSerializer,
    TokenRefreshSerializer,
    TokensSerializer,
    UserSerializer,
)
from backend.accounts.sessions import end_session, renew
from backend.accounts.throttles import RefreshThrottle
from backend.api.consent import TRACKING_CONSENT, tracking_choice
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.shoppers import ANONYMOUS_ID, shopper_of
from backend.api.throttles import LoginThrottle
from backend.audit.actors import actor_of


class GuestView(APIView):
    """An endpoint for clients without an access token; if one is sent, it is ignored."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes: Sequence[type[BaseThrottle]] = (LoginThrottle,)


class RegisterView(GuestView):
    """Registration."""

    @operation(
        "accounts_register",
        tag="accounts",
        request=RegisterSerializer,
        response=envelope_of(UserSerializer),
        status=201,
        errors=[PhoneTaken, TooManyAttempts],
    )
    def post(self, request: Request) -> Response:
        """Create a customer or seller account.

        A phone of another country than the shop's begins with + and the country code. A password has 12
        characters or more; common, repetitive and sequential ones are refused, and those that contain the
        phone number.
        """
        user = services.register(
            **parse_body(request, RegisterSerializer),
            device=device_of(request),
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(UserSerializer(user).data, message="Account created.", status=201)


LOGIN_RESPONSE = PolymorphicProxySerializer(
    component_name="LoginEnvelope",
    serializers=[envelope_of(TokensSerializer), envelope_of(SecondFactorChallengeSerializer)],  # type: ignore[list-item]
    resource_type_field_name=None,
)


class LoginView(GuestView):
    """Login."""

    @operation(
        "accounts_login",
        tag="accounts",
        request=LoginSerializer,
        headers=[TRACKING_CONSENT, ANONYMOUS_ID, DEVICE_TOKEN],
        response=LOGIN_RESPONSE,
        errors=[InvalidCredentials, CommonPassword, TooManyAttempts],
    )
    def post(self, request: Request) -> Response:
        """Log in.

        The response has an access token for the header `Authorization: Bearer …`, and a refresh token to get
        the next pair of tokens. If the header X-Anonymous-Id is sent, the guest's earlier behaviour is
        attributed to the account.

        If the account has a second factor, the response has no tokens but a `challenge_token` for
        `accounts_login_second_factor`.

        After ten wrong passwords for a phone, and after twenty from an address, the next one has to wait; the
        pauses grow. The cookie `device_token` (for apps: the header X-Device-Token) exempts a device that has
        logged in to the account before from these counts; it has one of its own.
        """
        credentials = parse_body(request, LoginSerializer)
        logged_in = services.log_in(
            **credentials,
            device=device_of(request),
            anonymous_id=shopper_of(request).key,
            tracking_choice=tracking_choice(request),
            now=timezone.now(),
        )
        if isinstance(logged_in, Challenge):
            challenge = SecondFactorChallengeSerializer(logged_in).data
            return envelope(challenge, message="Verify your second factor to log in.")
        return logged_in_response(request, logged_in)


class TokenRefreshView(GuestView):
    """Renewal of tokens."""

    throttle_classes = (RefreshThrottle,)

    @operation(
        "accounts_token_refresh",
        tag="accounts",
        request=TokenRefreshSerializer,
        response=envelope_of(TokensSerializer),
        errors=[SessionEnded],
    )
    def post(self, request: Request) -> Response:
        """Exchange a refresh token for a new pair of tokens.

        Each refresh token is replaced by the one in the response. Within ten seconds, the replaced token
        returns the same pair again, for a retry after a lost response and for a second tab; later, using it
        ends the session. A session ends after 14 days without a refresh, and after 90 days at the latest.
        """
        body = parse_body(request, TokenRefreshSerializer)
        renewed = renew(body["refresh_token"], device=device_of(request), now=timezone.now())
        return envelope(tokens_shown(renewed))


class ProfileView(APIView):
    """The caller's own account."""

    open_without_second_factor = True

    @operation("accounts_profile_get", tag="accounts", response=envelope_of(UserSerializer))
    def get(self, request: Request) -> Response:
        """Show your account."""
        return envelope(UserSerializer(account_of(request)).data)

    @operation(
        "accounts_profile_update",
        tag="accounts",
        request=ProfileChangesSerializer,
        response=envelope_of(UserSerializer),
        errors=[TooManyAttempts, WrongPassword],
    )
    def patch(self, request: Request) -> Response:
        """Change your account.

        Notifications are sent to `email`; if it is empty, none are sent. A new address gets a code, as with
        `accounts_email_create`; a verified address is replaced only when the new one is verified. Removing a
        verified address needs your `password`.
        """
        changes = dict(parse_body(request, ProfileChangesSerializer))
        confirmation = None
        if password := changes.pop("password", ""):
            confirmation = Confirmation(password=password, session_id=session_of(request).pk)
        user = services.update_profile(
            account_of(request).pk,
            changes=changes,
            confirmation=confirmation,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(UserSerializer(user).data, message="Account changed.")


class PasswordChangeView(APIView):
    """Changes of the caller's password."""

    open_without_second_factor = True
    throttle_classes = (LoginThrottle,)

    @operation(
        "accounts_change_password",
        tag="accounts",
        request=PasswordChangeSerializer,
        response=envelope_of(EndedSessionsSerializer),
        errors=[WrongPassword, TooManyAttempts],
    )
    def post(self, request: Request) -> Response:
        """Change your password.

        All your other login sessions end. A password has 12 characters or more; common, repetitive and
        sequential ones are refused, and those that contain your phone number.
        """
        ended = change_password(
            account_of(request).pk,
            **parse_body(request, PasswordChangeSerializer),
            kept=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(EndedSessionsSerializer({"ended": ended}).data, message="Password changed.")


class LogoutView(APIView):
    """Logout."""

    open_without_second_factor = True

    @operation("accounts_logout", tag="accounts", response=envelope_of(UserSerializer))
    def post(self, request: Request) -> Response:
        """Log out.

        Ends the session of the access token, which invalidates all of the session's tokens.
        """
        session = session_of(request)
        end_session(session.pk, by=actor_of(request), is_logout=True, now=timezone.now())
        return envelope(UserSerializer(session.user).data, message="Logged out.")
