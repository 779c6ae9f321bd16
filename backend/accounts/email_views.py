"""Endpoints that change and verify the caller's e-mail address."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.authentication import account_of, session_of
from backend.accounts.email_addresses import VALID_FOR, change_email, verify_email
from backend.accounts.email_serializers import EmailCodeSerializer, EmailSerializer
from backend.accounts.errors import EmailTaken, InvalidEmailCode, TooManyAttempts, WrongPassword
from backend.accounts.serializers import CodeRequestedSerializer, UserSerializer
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation
from backend.api.throttles import LoginThrottle
from backend.audit.actors import actor_of


class EmailView(APIView):
    """Changes of the caller's e-mail address."""

    open_without_second_factor = True
    throttle_classes = (LoginThrottle,)

    @operation(
        "accounts_email_create",
        tag="accounts",
        request=EmailSerializer,
        response=envelope_of(CodeRequestedSerializer),
        errors=[TooManyAttempts],
    )
    def post(self, request: Request) -> Response:
        """Send a code to your new e-mail address.

        `accounts_email_verify` makes it your verified address. Until then, a verified address stays as it is;
        one that isn't verified is replaced at once. The response doesn't tell whether another account has
        the address.
        """
        email = parse_body(request, EmailSerializer)["email"]
        change_email(account_of(request).pk, email=email, by=actor_of(request), now=timezone.now())
        data = CodeRequestedSerializer({"expires_in": int(VALID_FOR.total_seconds())}).data
        return envelope(data, message="A code was sent to the address.")


class EmailVerificationView(APIView):
    """Verifications of the caller's e-mail address."""

    open_without_second_factor = True
    throttle_classes = (LoginThrottle,)

    @operation(
        "accounts_email_verify",
        tag="accounts",
        request=EmailCodeSerializer,
        response=envelope_of(UserSerializer),
        errors=[WrongPassword, InvalidEmailCode, EmailTaken, TooManyAttempts],
    )
    def post(self, request: Request) -> Response:
        """Verify your e-mail address with the code that was sent to it, and your password.

        A code is valid for thirty minutes and can be tried five times. The owner of the verified address
        before is told that it was changed.
        """
        user = verify_email(
            account_of(request).pk,
            **parse_body(request, EmailCodeSerializer),
            session_id=session_of(request).pk,
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(UserSerializer(user).data, message="E-mail address verified.")
