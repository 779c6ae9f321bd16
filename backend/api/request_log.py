"""Logs each request in one line, with its duration and its database queries."""

import re
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django_structlog.middlewares import RequestMiddleware
from django_structlog.middlewares import request as middleware

from backend.api.addresses import client_address, network_of
from backend.api.database_queries import Queries, counted_queries

_LONGEST_QUERY = 500
# The last part of these paths is a secret, which replaces a login.
_SECRET_PATH = re.compile(
    r"^(/(?:api/notifications/(?:unsubscribe|orders)|api/wish-lists/shared|api/privacy/receipts|feeds)/)[^/]+/?"
)


logger = structlog.get_logger(middleware.__name__)


@dataclass(slots=True)
class Measured:
    """When a request began, and its database queries so far."""

    queries: Queries
    begun: float = field(default_factory=time.perf_counter)


def measured_of(request: HttpRequest) -> Measured | None:
    """Return what was measured of a request; None if it didn't reach the middleware."""
    found: Measured | None = getattr(request, "measured", None)
    return found


def route_of(request: HttpRequest) -> str:
    """Return the route that the path matched, or `unknown`."""
    return request.resolver_match.route if request.resolver_match else "unknown"


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's middleware, with one line for a request: `request_finished` or `request_failed`.

    It has the client address that throttles use, the route and its name, the duration, and the number and
    time of the database queries.
    """

    def __call__(self, request: HttpRequest) -> HttpResponse | Awaitable[HttpResponse]:
        """Return the response, and log the request.

        The shop's middleware is synchronous, so the response is never awaited.
        """
        with counted_queries() as queries:
            request.measured = Measured(queries)  # type: ignore[attr-defined]
            return super().__call__(request)

    def prepare(self, request: HttpRequest) -> None:
        """Give the request an id for all of its log lines.

        The base class also logs the start, looks for a user, who is known only later, and for an id in the
        request.
        """
        structlog.contextvars.bind_contextvars(request_id=str(uuid4()))
        self.bind_ip(request)

    def handle_response(self, request: HttpRequest, response: HttpResponse) -> None:
        """Log the response, unless the request has failed, which was logged."""
        self._bind_measured(request)
        super().handle_response(request, response)

    def _process_exception(self, request: HttpRequest, exception: Exception) -> None:
        """Log that the request has failed; the base class calls this."""
        self._bind_measured(request)
        super()._process_exception(request, exception)

    @staticmethod
    def _bind_measured(request: HttpRequest) -> None:
        match = request.resolver_match
        structlog.contextvars.bind_contextvars(
            route=route_of(request),
            endpoint=None if match is None else match.view_name,
            user_agent=request.META.get("HTTP_USER_AGENT"),
        )
        if (measured := measured_of(request)) is not None:
            structlog.contextvars.bind_contextvars(
                duration_ms=round((time.perf_counter() - measured.begun) * 1_000, 2),
                queries=measured.queries.count,
                queries_ms=round(measured.queries.seconds * 1_000, 2),
            )

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Add the address or its network to every log line of the request.

        The base class trusts any X-Forwarded-For.
        """
        address = client_address(request)
        shown = address if settings.LOG_CLIENT_ADDRESSES == "full" else network_of(address)
        structlog.contextvars.bind_contextvars(ip=shown)

    @staticmethod
    def format_request(request: HttpRequest) -> str:
        """Return the method, the path and the names of the query parameters; their values are personal."""
        path = _SECRET_PATH.sub(r"\1…/", request.path)
        query = request.META.get("QUERY_STRING", "")
        names = "&".join(part.partition("=")[0] for part in query[:_LONGEST_QUERY].split("&"))
        return f"{request.method} {path}{'?' if names else ''}{names}"
