"""Responses to logins: the tokens of the session and the token of the device."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from rest_framework.request import Request
from rest_framework.response import Response

from backend.accounts.devices import TOKEN_COOKIE, TOKEN_HEADER
from backend.accounts.known_devices import KEPT_FOR
from backend.accounts.serializers import TokensSerializer
from backend.accounts.sessions import LoggedIn
from backend.api.responses import envelope
from backend.api.schema import RequestHeader

DEVICE_TOKEN = RequestHeader(
    name=TOKEN_HEADER,
    schema={"type": "string", "example": "new"},
    description="For clients without cookies: the `device_token` of an earlier login, or `new` to get one.",
)


def logged_in_response(request: Request, logged_in: LoggedIn) -> Response:
    """Return the tokens of a new session, and set the cookie by which the device is known from then on."""
    data = tokens_shown(logged_in) | shown_token(request, logged_in.device_token)
    response = envelope(data, message="Logged in.")
    set_device_cookie(response, request, logged_in.device_token)
    return response


def tokens_shown(logged_in: LoggedIn) -> dict[str, Any]:
    """Return the user and the tokens of a session."""
    return dict(
        TokensSerializer(
            {
                "access_token": logged_in.access_token,
                "refresh_token": logged_in.refresh_token,
                "token_type": "Bearer",
                "expires_in": logged_in.expires_in,
                "user": logged_in.user,
            }
        ).data
    )


def shown_token(request: Request, device_token: str) -> dict[str, str]:
    """Return the field with the device's token, if the client uses the header instead of the cookie."""
    return {TOKEN_COOKIE: device_token} if TOKEN_HEADER in request.headers else {}


def set_device_cookie(response: HttpResponseBase, request: Request | HttpRequest, device_token: str) -> None:
    """Set the cookie with the device's token."""
    response.set_cookie(
        TOKEN_COOKIE,
        device_token,
        max_age=KEPT_FOR,
        path="/",
        secure=request.is_secure(),
        httponly=True,
        samesite="Strict",
    )
