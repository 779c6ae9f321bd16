"""Responses to requests that reach no view, because their body didn't arrive or no thread was free."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import structlog
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, JsonResponse
from django.urls import ResolverMatch
from django.views.decorators.csrf import csrf_exempt

from backend.api.error_handling import FrameworkError, error_body
from backend.api.errors import DomainError

logger = structlog.get_logger(__name__)

REFUSAL = "vitrine.refusal"
"""The key of the refusal in the WSGI environment; no request header can set it."""
_ROUTE = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """The error that a request gets instead of a view's response; `cause` is logged."""

    message: str
    code: str
    status: int
    details: Mapping[str, object] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    cause: Exception | None = None

    @classmethod
    def of(cls, error: DomainError | FrameworkError, *, cause: Exception | None = None) -> Self:
        """Return a refusal with the error's fields; a `FrameworkError` has no details."""
        if isinstance(error, FrameworkError):
            return cls(message=error.message, code=error.code, status=error.status, cause=cause)
        return cls(
            message=error.message,
            code=error.code,
            status=error.status,
            details=error.details,
            headers=error.headers,
            cause=cause,
        )


class Handler(WSGIHandler):
    """Django's handler, which responds to a request with the refusal in its environment.

    The middleware runs as for any other request, so the response has a request id and CORS headers, and is
    logged and counted. Neither the middleware nor the view blocks, so the event loop may call this handler.
    """

    def resolve_request(self, request: HttpRequest) -> ResolverMatch:
        """Return the view of the request's path, or the view that sends the refusal."""
        if REFUSAL not in request.META:
            return super().resolve_request(request)
        match = ResolverMatch(_refuse, (), {}, route=_ROUTE)
        request.resolver_match = match
        return match


# It changes nothing, and a request that is refused may come without a CSRF token.
@csrf_exempt
def _refuse(request: HttpRequest) -> JsonResponse:
    refusal: Refusal = request.META[REFUSAL]
    logger.warning("request_refused", error=refusal.code, exc_info=refusal.cause)
    body = error_body(
        refusal.message, code=refusal.code, details=dict(refusal.details), status=refusal.status
    )
    return JsonResponse(body, status=refusal.status, headers=dict(refusal.headers))
