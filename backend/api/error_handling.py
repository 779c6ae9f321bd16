"""Turns exceptions into the error envelope `{error, code, details, status, timestamp, request_id}`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import timezone
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.settings import api_settings
from rest_framework.views import set_rollback

from backend.api.deleted_accounts import unauthenticated_if_deleted
from backend.api.errors import DomainError, InvalidInput, NotFound, translated
from backend.api.request_id import current_request_id
from backend.api.slashes import path_with_slash
from backend.api.timestamps import timestamp

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameworkError:
    """An error that Django or Django REST Framework raises, documented in the same way as a `DomainError`."""

    code: str
    status: int
    message: str
    details_keys: Mapping[str, str] = field(default_factory=dict)
    hint: str


BAD_REQUEST = FrameworkError(
    code="bad_request",
    status=400,
    message="Bad request.",
    hint="Check the host, the headers and the encoding of the request.",
)
INTERNAL_ERROR = FrameworkError(
    code="internal_error",
    status=500,
    message="Something went wrong on our side.",
    hint="Report the `request_id`; the server's log has the cause under that id.",
)
NOT_FOUND = FrameworkError(code=NotFound.code, status=404, message=NotFound.message, hint=NotFound.hint)
FORBIDDEN = FrameworkError(
    code="permission_denied",
    status=403,
    message="You may not do this.",
    details_keys={"area": "The area of staff that the account lacks, if it lacks one."},
    hint="Use an account with the role that the message names.",
)
FRAMEWORK_ERRORS: Mapping[type[Exception], FrameworkError] = {
    exceptions.ParseError: FrameworkError(
        code="parse_error",
        status=400,
        message="The body is not valid JSON.",
        hint="Send JSON in UTF-8.",
    ),
    exceptions.NotAuthenticated: FrameworkError(
        code="not_authenticated",
        status=401,
        message="This needs a login: the request has no header `Authorization: Bearer <access token>`.",
        hint="Log in and send `Authorization: Bearer <access token>`.",
    ),
    exceptions.AuthenticationFailed: FrameworkError(
        code="authentication_failed",
        status=401,
        message="The access token is invalid or has expired.",
        hint="Get a new access token with the refresh token, or log in again.",
    ),
    exceptions.PermissionDenied: FORBIDDEN,
    PermissionDenied: FORBIDDEN,
    exceptions.NotFound: NOT_FOUND,
    Http404: NOT_FOUND,
    exceptions.MethodNotAllowed: FrameworkError(
        code="method_not_allowed",
        status=405,
        message="The method is not allowed.",
        details_keys={"allowed": "The methods that this path supports."},
        hint="Use one of the `allowed` methods.",
    ),
    exceptions.NotAcceptable: FrameworkError(
        code="not_acceptable",
        status=406,
        message="The media types in the header Accept are not available.",
        details_keys={"allowed": "The media types that this endpoint can return."},
        hint="Accept `application/json`.",
    ),
    RequestDataTooBig: FrameworkError(
        code="body_too_large",
        status=413,
        message="The body is too large.",
        details_keys={"max_bytes": "The maximum size of a body in bytes."},
        hint="Send a smaller body.",
    ),
    exceptions.UnsupportedMediaType: FrameworkError(
        code="unsupported_media_type",
        status=415,
        message="The media type of the body is not supported.",
        details_keys={"allowed": "The media types that this endpoint reads."},
        hint="Send `Content-Type: application/json`.",
    ),
    exceptions.Throttled: FrameworkError(
        code="throttled",
        status=429,
        message="Request was throttled.",
        details_keys={"retry_after": "Seconds until the next request is allowed; also in the header."},
        hint="Repeat the request after the seconds in the header Retry-After.",
    ),
}


def error_body(message: str, *, code: str, details: object, status: int) -> dict[str, object]:
    """Return the error envelope."""
    return {
        "error": message,
        "code": code,
        "details": details,
        "status": status,
        "timestamp": timestamp(timezone.now()),
        "request_id": current_request_id(),
    }


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Return the error envelope for an exception in a view (EXCEPTION_HANDLER of Django REST Framework).

    Return None for an unexpected exception: Django then logs it and responds with `server_error`.
    """
    view = context.get("view")
    match unauthenticated_if_deleted(translated(error), request=context.get("request"), view=view):
        case DomainError() as known:
            response = _of_domain(known, request_names=getattr(view, "request_names", {}))
        case exceptions.ValidationError() as invalid:
            details = flat_messages(invalid.detail)
            response = _response(InvalidInput.message, code=InvalidInput.code, details=details, status=400)
        case other:
            found = _of_framework(other, view=view)
            if found is None:
                return None
            response = found
    set_rollback()
    return response


def _response(
    message: str, *, code: str, details: object, status: int, headers: Mapping[str, str] | None = None
) -> Response:
    body = error_body(message, code=code, details=details, status=status)
    return Response(body, status=status, headers=dict(headers or {}))


def _of_domain(error: DomainError, *, request_names: Mapping[str, str]) -> Response:
    details = _renamed(error.details, request_names)
    if error.status >= 500:
        logger.warning(error.code, error=str(error), details=details, cause=repr(error.__cause__))
    return _response(
        error.message, code=error.code, details=details, status=error.status, headers=error.headers
    )


def _renamed(value: object, names: Mapping[str, str]) -> object:
    """Return `value` with its keys replaced by the names that the request used (`names`)."""
    match value:
        case Mapping():
            return {names.get(key, key): _renamed(inner, names) for key, inner in value.items()}
        case list() | tuple():
            return [_renamed(inner, names) for inner in value]
        case _:
            return value


def flat_messages(detail: object, *, name: str = "") -> dict[str, list[str]]:
    """Return the messages of a ValidationError by the dotted name of their field.

    `{"address": {"city": ["Required."]}}` becomes `{"address.city": ["Required."]}`; elements of lists are
    named by their index. The key of messages about an object as a whole is the object's name; for the body as
    a whole it is `non_field_errors`.
    """
    whole = api_settings.NON_FIELD_ERRORS_KEY
    match detail:
        case Mapping():
            parts = [(_joined(name, str(key)), inner) for key, inner in detail.items()]
        case [*_] as items if any(isinstance(item, (Mapping, list)) for item in items):
            parts = [(_joined(name, str(index)), item) for index, item in enumerate(items)]
        case [*_] as messages:
            return {name or whole: [str(message) for message in messages]} if messages else {}
        case message:
            return {name or whole: [str(message)]}
    flat: dict[str, list[str]] = {}
    for part_name, part in parts:
        for key, messages in flat_messages(part, name=part_name).items():
            flat.setdefault(key, []).extend(messages)
    return flat


def _joined(name: str, key: str) -> str:
    if key == api_settings.NON_FIELD_ERRORS_KEY:
        return name
    return f"{name}.{key}" if name else key


def _of_framework(error: Exception, *, view: Any) -> Response | None:
    classes = type(error).__mro__
    known = next((FRAMEWORK_ERRORS[each] for each in classes if each in FRAMEWORK_ERRORS), None)
    if isinstance(error, exceptions.APIException):
        code, status = (known.code, known.status) if known else (error.default_code, error.status_code)
        return _response(
            known.message if known and code == "not_authenticated" else str(error.detail),
            code=code,
            details=_framework_details(error, view=view),
            # Django REST Framework turns 401 into 403 if no authenticator of the view offers a challenge.
            status=error.status_code if status == 401 else status,
            headers=_framework_headers(error),
        )
    if known is None:
        return None
    details = {"max_bytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE} if known.status == 413 else {}
    return _response(known.message, code=known.code, details=details, status=known.status)


def _framework_details(error: exceptions.APIException, *, view: Any) -> dict[str, object]:
    match error:
        case exceptions.PermissionDenied():
            return getattr(error, "details", {})
        case exceptions.Throttled():
            wait = getattr(error, "wait", None)
            return {"retry_after": ceil(wait)} if wait else {}
        case exceptions.MethodNotAllowed():
            return {"allowed": view.allowed_methods}
        case exceptions.UnsupportedMediaType():
            return {"allowed": [parser.media_type for parser in view.get_parsers()]}
        case exceptions.NotAcceptable():
            return {"allowed": [renderer.media_type for renderer in view.get_renderers()]}
        case _:
            return {}


def _framework_headers(error: exceptions.APIException) -> dict[str, str]:
    headers: dict[str, str] = {}
    if auth_header := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = auth_header
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(ceil(wait))
    return headers


def _plain(
    kind: FrameworkError, details: Mapping[str, Sequence[str] | str], *, message: str = ""
) -> JsonResponse:
    body = error_body(message or kind.message, code=kind.code, details=details, status=kind.status)
    return JsonResponse(body, status=kind.status)


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Return the envelope for a path that no route matches (Django's handler404)."""
    details = {"path": request.path}
    if with_slash := path_with_slash(request):
        message = f"There is no {request.path}; the path needs a final slash: {with_slash}"
        return _plain(NOT_FOUND, details | {"path_with_slash": with_slash}, message=message)
    return _plain(NOT_FOUND, details)


def csrf_failure(request: HttpRequest, reason: str = "") -> JsonResponse:
    """Return the envelope for a form whose CSRF token is missing or wrong (CSRF_FAILURE_VIEW)."""
    return _plain(FORBIDDEN, {}, message="The form has expired or came from another site; load it again.")


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Return the envelope for a request that Django refuses before any view runs (Django's handler400)."""
    return _plain(BAD_REQUEST, {})


def server_error(request: HttpRequest) -> JsonResponse:
    """Return the envelope for an unexpected exception, which is logged with the request id (handler500)."""
    return _plain(INTERNAL_ERROR, {})
