"""SMS, through the HTTP API of any provider; without one, messages are printed in development.

SMS_BODY is the template of the request's body: JSON, or a form (`To={to}&Body={text}`).
"""

import json
import re
import sys
from http import HTTPStatus
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import parse_qsl, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener
from uuid import uuid4

from django.conf import settings

from backend.accounts.models import User
from backend.notifications.errors import ChannelDown, PossiblySent, Postponed, Refused
from backend.notifications.messages import ChannelConnection, RenderedMessage

_PLACEHOLDER = re.compile(r"\{(to|text|id)\}")
_FOR_NOW = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})
_NOT_ALLOWED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.PAYMENT_REQUIRED, HTTPStatus.FORBIDDEN})


class _NoRedirects(HTTPRedirectHandler):
    """Treats a redirect as an error.

    urllib would repeat the request as a GET without its body, and send the authorization to the other host.
    """

    def redirect_request(self, *arguments: Any) -> None:
        """Return None, so that the response is raised as an HTTPError."""


_opener = build_opener(_NoRedirects)


def can_send() -> bool:
    """Return whether messages are sent, or printed in development."""
    return bool(settings.SMS_URL) or settings.ENVIRONMENT != "production"


class SmsChannel:
    """Sends to the phone of the account."""

    @property
    def name(self) -> str:
        """The name in the log of deliveries."""
        return "sms"

    @property
    def is_repeatable(self) -> bool:
        """A message that is sent again is received again."""
        return False

    def address_of(self, user: User) -> str:
        """Return the account's phone; an empty text in production without a provider."""
        return user.phone or "" if can_send() else ""

    def new_message_id(self) -> str:
        """Return an id by which the provider can recognise a repeated message."""
        return str(uuid4())

    def connection(self) -> ChannelConnection:
        """Return a connection to the provider; without a provider, one to the console."""
        return HttpConnection() if settings.SMS_URL else ConsoleConnection()


class ConsoleConnection:
    """Prints messages, for development."""

    def open(self) -> None:
        """Do nothing."""

    def send(self, message: RenderedMessage, *, address: str, message_id: str) -> None:
        """Print the message to the standard output of the worker."""
        sys.stdout.write(f"SMS to {address}: {message.text.strip()}\n")
        sys.stdout.flush()

    def close(self) -> None:
        """Do nothing."""


class HttpConnection:
    """Sends each message with one POST."""

    def open(self) -> None:
        """Do nothing: each request has its own connection."""

    def send(self, message: RenderedMessage, *, address: str, message_id: str) -> None:
        """Send the message; raises Refused, Postponed, ChannelDown or PossiblySent."""
        body, media_type = _filled(
            settings.SMS_BODY, {"to": address, "text": message.text.strip(), "id": message_id}
        )
        headers = {"Content-Type": media_type, "Idempotency-Key": message_id}
        if settings.SMS_AUTHORIZATION:
            headers["Authorization"] = settings.SMS_AUTHORIZATION
        request = Request(settings.SMS_URL, data=body, headers=headers, method="POST")  # noqa: S310 - an operator's URL
        try:
            with _opener.open(request, timeout=settings.SMS_TIMEOUT) as response:
                response.read()
        except HTTPError as error:
            raise _refusal(error.code) from error
        except URLError as error:
            # The connection failed, or broke before the request was complete.
            raise ChannelDown(f"{type(error.reason).__name__}: {error.reason}") from error
        except (OSError, HTTPException) as error:
            raise PossiblySent(f"{type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Do nothing."""


def _refusal(status: int) -> Exception:
    # The body of the response may repeat the message, so it isn't logged.
    reason = f"The provider responded with {status}."
    if status in _NOT_ALLOWED or status < HTTPStatus.BAD_REQUEST:
        # A setting is wrong, such as the authorization or, with a redirect, SMS_URL.
        return ChannelDown(reason)
    return (
        Postponed(reason)
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _FOR_NOW
        else Refused(reason)
    )


def _filled(template: str, values: dict[str, str]) -> tuple[bytes, str]:
    """Return the body with the values for `{to}`, `{text}` and `{id}`, and its media type."""
    if (parsed := json_template(template)) is not None:
        return json.dumps(_in_json(parsed, values)).encode(), "application/json"
    pairs = [(name, _in_text(value, values)) for name, value in parse_qsl(template, keep_blank_values=True)]
    return urlencode(pairs).encode(), "application/x-www-form-urlencoded"


def json_template(template: str) -> Any:
    """Return the parsed template if it is a JSON object or array, or None if it is a form."""
    try:
        parsed = json.loads(template)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict | list) else None


def _in_json(node: Any, values: dict[str, str]) -> Any:
    match node:
        case dict():
            return {name: _in_json(value, values) for name, value in node.items()}
        case list():
            return [_in_json(value, values) for value in node]
        case str():
            return _in_text(node, values)
        case _:
            return node


def _in_text(text: str, values: dict[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda found: values[found[1]], text)
