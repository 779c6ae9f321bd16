"""One line in the log for the beginning and the end of each request."""

import structlog
from django.http import HttpRequest
from django_structlog.middlewares import RequestMiddleware

from backend.api.addresses import client_address


class RequestLogMiddleware(RequestMiddleware):
    """The library's middleware, with the client's address as throttles determine it."""

    @classmethod
    def bind_ip(cls, request: HttpRequest) -> None:
        """Put the address on every line of this request; the library would trust any X-Forwarded-For."""
        structlog.contextvars.bind_contextvars(ip=client_address(request))
