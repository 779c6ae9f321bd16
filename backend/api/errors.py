"""What can go wrong, and the one place that turns it into an answer.

Rooms raise subclasses of DomainError beside the function that finds the fault; nobody else builds an error
envelope.
"""

from collections.abc import Callable, Mapping
from math import ceil
from typing import Any, ClassVar

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from backend.api.request_id import current_request_id
from backend.api.timestamps import timestamp

logger = structlog.get_logger(__name__)


class DomainError(Exception):
    """A rule was broken or a part is missing; carries what the caller needs to go on.

    `status` is the HTTP status, `message` the sentence for people, `details` the facts by field.
    """

    status: ClassVar[int] = 400
    message: str = "The request can't be carried out."
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(self, message: str | None = None, **details: object) -> None:
        """Keep the facts; `message` replaces the class's own."""
        if message is not None:
            self.message = message
        self.details = details
        super().__init__(self.message)


class NotFound(DomainError):
    """The thing that was named does not exist, or not for this caller."""

    status = 404
    message = "Not found."


class InvalidParameters(DomainError):
    """Parameters or a body that can't be understood; details name each field."""

    status = 400
    message = "Invalid input."


class EngineUnavailable(DomainError):
    """A search engine, warehouse or stream that does not answer now."""

    status = 503
    message = "A part of the shop is not available right now; try again shortly."
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": "5"}


Translation = Callable[[Exception], DomainError]
_translations: dict[type[Exception], Translation] = {}


def register_translation(kind: type[Exception], translation: Translation) -> None:
    """Answer exceptions of `kind`, which know no HTTP, with the DomainError that `translation` returns."""
    _translations[kind] = translation


def translated(error: Exception) -> Exception:
    """Return the DomainError that a registered translation makes of `error`, else `error` itself."""
    for kind in type(error).__mro__:
        if kind in _translations:
            return _translations[kind](error)
    return error


def error_body(message: str, *, details: object, status: int) -> dict[str, object]:
    """Return `{error, details, status, timestamp, request_id}`."""
    return {
        "error": message,
        "details": details,
        "status": status,
        "timestamp": timestamp(timezone.now()),
        "request_id": current_request_id(),
    }


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn what a view raised into an error envelope (DRF's EXCEPTION_HANDLER).

    Returns None for what is a fault of ours: Django then logs it and answers 500 through `server_error`.
    """
    answer = _answer(translated(error))
    if answer is None:
        return None
    message, details, status, headers = answer
    set_rollback()
    if status >= 500:
        logger.warning("engine_unavailable", error=str(error), details=details)
    return Response(error_body(message, details=details, status=status), status=status, headers=headers)


def _answer(error: Exception) -> tuple[str, object, int, dict[str, str]] | None:
    match error:
        case DomainError():
            return error.message, error.details, error.status, dict(error.headers)
        case exceptions.ValidationError():
            return "Invalid input.", _by_field(error.detail), 400, {}
        case exceptions.APIException():
            return _of_framework(error)
        case _:
            return _of_django(error)


def _of_django(error: Exception) -> tuple[str, object, int, dict[str, str]] | None:
    match error:
        case RequestDataTooBig():
            limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
            return "The body is too large.", {"largest": limit}, 413, {}
        case Http404():
            return "Not found.", {}, 404, {}
        case PermissionDenied():
            return "You may not do this.", {}, 403, {}
        case _:
            return None


def _of_framework(error: exceptions.APIException) -> tuple[str, object, int, dict[str, str]]:
    headers: dict[str, str] = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    detail: object = error.detail
    if isinstance(detail, dict):
        return str(detail.get("detail", error.default_detail)), detail, error.status_code, headers
    return str(detail), {}, error.status_code, headers


def _by_field(detail: object) -> object:
    return {"non_field_errors": detail} if isinstance(detail, list) else detail


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer a path that no route knows (Django's handler404)."""
    return JsonResponse(error_body("Not found.", details={"path": request.path}, status=404), status=404)


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer a request that Django refuses before any view (handler400)."""
    return JsonResponse(error_body("Bad request.", details={}, status=400), status=400)


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer a fault of ours (handler500); the log has the rest under the same request id."""
    return JsonResponse(error_body("Something went wrong on our side.", details={}, status=500), status=500)
