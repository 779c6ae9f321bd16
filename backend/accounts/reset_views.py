"""Endpoints that reset a forgotten password."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.devices import device_of
from backend.accounts.errors import (
    InvalidOneTimePassword,
    InvalidResetToken,
    TooManyAttempts,
    TooManyOneTimePasswords,
)
from backend.accounts.login_responses import DEVICE_TOKEN, set_device_cookie, shown_token
from backend.accounts.one_time_passwords import (
    RESET_TOKEN_VALID_FOR,
    VALID_FOR,
    request_code,
    verify_code,
)
from backend.accounts.passwords import reset_password
from backend.accounts.serializers import (
    CodeRequestedSerializer,
    CodeSerializer,
    ForgotPasswordSerializer,
    PasswordResetDoneSerializer,
    PasswordResetSerializer,
    ResetTokenSerializer,
)
from backend.accounts.views import GuestView
from backend.api.errors import InvalidInput
from backend.api.parameters import parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation

COOKIE = "reset_token"
COOKIE_PATH = "/accounts/reset-password/"
COOKIE_PARAMETER: dict[str, Any] = {
    "name": COOKIE,
    "in": "cookie",
    "required": False,
    "description": "The token that `accounts_verify_otp` has set, unless the body has it.",
    "schema": {"type": "string"},
}


class ForgotPasswordView(GuestView):
    """Requests of a code."""

    @operation(
        "accounts_forgot_password",
        tag="accounts",
        request=ForgotPasswordSerializer,
        response=envelope_of(CodeRequestedSerializer),
        headers=[DEVICE_TOKEN],
        errors=[TooManyOneTimePasswords, TooManyAttempts],
    )
    def post(self, request: Request) -> Response:
        """Send a code to the phone of an account.

        The response is the same if the phone has no account. A code replaces the one before; a phone gets at
        most five an hour, and three more for devices from which the account has logged in before.
        """
        phone = parse_body(request, ForgotPasswordSerializer)["phone"]
        request_code(phone, device=device_of(request), now=timezone.now())
        data = CodeRequestedSerializer({"expires_in": int(VALID_FOR.total_seconds())}).data
        return envelope(data, message="If the phone has an account, a code was sent to it.")


class VerifyCodeView(GuestView):
    """Verifications of a code."""

    @operation(
        "accounts_verify_otp",
        tag="accounts",
        request=CodeSerializer,
        response=envelope_of(ResetTokenSerializer),
        headers=[DEVICE_TOKEN],
        errors=[InvalidOneTimePassword, TooManyAttempts],
    )
    def post(self, request: Request) -> Response:
        """Exchange the code for a token that resets the password.

        The token is valid once, within ten minutes, and is also set as an HttpOnly cookie. A code can be
        tried five times.
        """
        body = parse_body(request, CodeSerializer)
        token = verify_code(body["phone"], code=body["otp"], device=device_of(request), now=timezone.now())
        seconds = int(RESET_TOKEN_VALID_FOR.total_seconds())
        data = ResetTokenSerializer({"reset_token": token, "expires_in": seconds}).data
        response = envelope(data, message="The code is right.")
        response.set_cookie(
            COOKIE,
            token,
            max_age=seconds,
            path=COOKIE_PATH,
            secure=request.is_secure(),
            httponly=True,
            samesite="Strict",
        )
        return response


class ResetPasswordView(GuestView):
    """Resets of a password."""

    @operation(
        "accounts_reset_password",
        tag="accounts",
        parameters=[COOKIE_PARAMETER],
        headers=[DEVICE_TOKEN],
        request=PasswordResetSerializer,
        response=envelope_of(PasswordResetDoneSerializer),
        errors=[InvalidResetToken],
    )
    def post(self, request: Request) -> Response:
        """Set a new password with the token of a verified code.

        All login sessions of the account end. The device is known from then on, and other devices are not.
        """
        body = parse_body(request, PasswordResetSerializer)
        token = body.pop("reset_token", None) or request.COOKIES.get(COOKIE)
        if not token:
            raise InvalidInput(reset_token=["Verify a code first, and send the token that it returns."])
        device_token = reset_password(**body, reset_token=token, now=timezone.now())
        data = PasswordResetDoneSerializer({"phone": body["phone"]} | shown_token(request, device_token)).data
        response = envelope(data, message="Password changed; log in with it.")
        response.delete_cookie(COOKIE, path=COOKIE_PATH, samesite="Strict")
        set_device_cookie(response, request, device_token)
        return response
