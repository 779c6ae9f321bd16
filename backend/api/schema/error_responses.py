"""The error responses of an operation, derived from how its view is configured."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

from django.core.exceptions import RequestDataTooBig
from rest_framework import exceptions
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.views import APIView

from backend.api.error_handling import FRAMEWORK_ERRORS
from backend.api.errors import (
    BodyNotAccepted,
    DatabaseUnavailable,
    InvalidInput,
    NotFound,
    PageNotFound,
    StorageFull,
)
from backend.api.parameters import PageParameters
from backend.api.schema.operations import Operation

COMMON_HEADERS = {
    name: {"$ref": f"#/components/headers/{name}"} for name in ("X-Request-Id", "Vitrine-Version")
}
PUBLIC = {AllowAny, IsAuthenticated}
_HEADER_OF = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}


class KnownError(Protocol):
    """The common attributes of `DomainError` classes and `FrameworkError`s."""

    code: Any
    status: Any
    message: Any
    hint: Any


# Errors that occur before a view's method runs: for any request, and for one with a body or a token.
_of_server: dict[str, Sequence[KnownError]] = {"any": (), "body": (), "token": ()}


def register_server_errors(*, any_request: Sequence[Any], body: Sequence[Any], token: Sequence[Any]) -> None:
    """Document errors that no view raises: on every operation, and on those with a body or a token.

    The errors of `token` are not documented for views with `open_without_second_factor`.
    """
    _of_server.update(any=tuple(any_request), body=tuple(body), token=tuple(token))


@dataclass(frozen=True, slots=True)
class ErrorResponse:
    """The errors with one status; operations with the same errors share the component `name`."""

    name: str
    status: int
    errors: Sequence[KnownError]

    def as_openapi(self) -> dict[str, Any]:
        """Return the OpenAPI response: the error envelope with the possible codes."""
        headers = dict(COMMON_HEADERS)
        if (header := _HEADER_OF.get(self.status)) is not None:
            headers[header] = {"$ref": f"#/components/headers/{header}"}
        first = self.errors[0]
        example = {
            "error": first.message,
            "code": first.code,
            "details": {},
            "status": self.status,
            "timestamp": "2026-03-02T12:00:00Z",
            "request_id": "0190c2a5-5f6e-7b1c-9a53-3f1d2c4b5a69",
        }
        code = {"type": "string", "enum": [error.code for error in self.errors]}
        codes = {"type": "object", "properties": {"code": code}}
        schema = {"allOf": [{"$ref": "#/components/schemas/Error"}, codes]}
        return {
            "description": "\n".join(_line(error) for error in self.errors),
            "headers": headers,
            "content": {"application/json": {"schema": schema, "example": example}},
        }


def error_responses(operation: Operation, *, view: APIView, method: str, path: str) -> list[ErrorResponse]:
    """Return all errors that the operation can respond with, by status."""
    errors = (*operation.errors, *_derived(operation, view=view, method=method, path=path))
    known = {error.code: error for error in reversed(errors)}
    by_status: dict[int, list[KnownError]] = {}
    for error in reversed(known.values()):
        by_status.setdefault(int(error.status), []).append(error)
    return [
        ErrorResponse(_name(operation, status, errors), status, errors)
        for status, errors in sorted(by_status.items())
    ]


def _name(operation: Operation, status: int, errors: Sequence[KnownError]) -> str:
    phrase = HTTPStatus(status).name.lower()
    if len(errors) <= 2:
        name = "_or_".join(sorted(error.code.removesuffix("_error") for error in errors))
    elif any(error.code in {declared.code for declared in operation.errors} for error in errors):
        name = f"{operation.operation_id}_{phrase}"
    else:
        name = f"write_{phrase}" if StorageFull in errors else phrase
    return "".join(word.capitalize() for word in f"{name}_error".split("_"))


def _line(error: KnownError) -> str:
    return f"- `{error.code}`: {error.message} {error.hint}".rstrip()


def _derived(operation: Operation, *, view: APIView, method: str, path: str) -> Iterator[Any]:
    yield FRAMEWORK_ERRORS[exceptions.NotAcceptable]
    yield from _of_server["any"]
    if operation.request or operation.query or operation.parameters or operation.headers:
        yield InvalidInput
    if operation.request is not None:
        yield from _of_body(view)
    if operation.refuses_body:
        yield BodyNotAccepted
        yield from _of_server["body"]
    if "{" in path:
        yield NotFound
    if operation.query is not None and issubclass(operation.query, PageParameters):
        yield PageNotFound
    for header in operation.headers:
        yield from header.errors
    yield from _of_access(view, operation)
    if method != "GET":
        yield StorageFull


def _of_body(view: APIView) -> Iterator[Any]:
    yield FRAMEWORK_ERRORS[RequestDataTooBig]
    yield from _of_server["body"]
    if view.get_parsers():
        yield FRAMEWORK_ERRORS[exceptions.ParseError]
        yield FRAMEWORK_ERRORS[exceptions.UnsupportedMediaType]


def _of_access(view: APIView, operation: Operation) -> Iterator[Any]:
    permissions = [type(permission) for permission in view.get_permissions()]
    if view.get_authenticators():
        yield FRAMEWORK_ERRORS[exceptions.AuthenticationFailed]
        if not getattr(view, "open_without_second_factor", False):
            yield from _of_server["token"]
        if AllowAny not in permissions or operation.refuses_some_guests:
            yield FRAMEWORK_ERRORS[exceptions.NotAuthenticated]
    if any(getattr(permission, "refuses_with_403", True) for permission in set(permissions) - PUBLIC):
        yield FRAMEWORK_ERRORS[exceptions.PermissionDenied]
    if view.get_throttles():
        yield FRAMEWORK_ERRORS[exceptions.Throttled]
    if view.get_authenticators() or view.get_throttles():
        # A view without authenticators and throttles doesn't use the database.
        yield DatabaseUnavailable
