"""The id of the current request, for error envelopes, the log and a response header."""

from collections.abc import Callable

import structlog
from django.http import HttpRequest
from django.http.response import HttpResponseBase


def current_request_id() -> str | None:
    """Return the id that every log line of this request has, or None outside a request."""
    return structlog.contextvars.get_contextvars().get("request_id")


class RequestIdMiddleware:
    """Adds the request's id to the response as `X-Request-Id`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Store the next middleware."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Return the response with the header."""
        request_id = current_request_id()
        response = self.get_response(request)
        if request_id is not None:
            response["X-Request-Id"] = request_id
        return response
