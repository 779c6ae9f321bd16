"""Logs the start and the end of each request."""

import re
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware
from django_structlog.middlewares import request as middleware

from backend.api.addresses import client_address, network_of

_LONGEST_QUERY = 500
# The last part of these paths is a secret, which replaces a login.
_SECRET_PATH = re.compile(r"^(/api/(?:notifications/unsubscribe|privacy/receipts)/)[^/]+/?")


logger = structlog.get_logger(middleware.__name__)


class RequestLogMiddleware(RequestMiddleware):
    """django-structlog's middleware, but with the client address that throttles use."""

    def prepare(self, request: HttpRequest) -> None:
        """Log the start of the request, with an id for all of its log lines.

        The base class also looks for a user, who is known only later, and for an id in the request.
        """
        structlog.contextvars.bind_contextvars(request_id=str(uuid4()))
        self.bind_ip(request)
        agent = request.META.get("HTTP_USER_AGENT")
        logger.info("request_started", request=self.format_request(request), user_agent=agent)

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
