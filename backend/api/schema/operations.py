"""The part of the OpenAPI document that a view declares; the rest is derived from its configuration.

Operation ids follow one rule, because generated clients derive function names from them:
`<resource>_<verb>` in snake_case. The verb is `list` (GET of a page or of a list), `get` (GET of anything
else), `create` (POST), `update` (PUT and PATCH) or `delete` (DELETE). A POST to a path that ends in a verb
uses that verb: `orders_cancel` for `…/cancel/`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, TypeVar, cast

from rest_framework import serializers
from rest_framework.request import Request

from backend.api.errors import DomainError
from backend.api.parameters import refuse_body
from backend.api.versions import Deprecation

Serializer = serializers.BaseSerializer[Any]
Handler = TypeVar("Handler", bound=Callable[..., Any])
WRITES = frozenset({"post", "put", "patch", "delete"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHeader:
    """A header that an operation reads, the errors that it can cause, and the response headers it adds."""

    name: str
    schema: Mapping[str, Any]
    description: str
    errors: Sequence[type[DomainError]] = ()
    response_headers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """The declared part of an operation; `request` is the body's serializer, or one for each media type.

    `refuses_body` is whether a request with a body is refused, `refuses_some_guests` whether an operation for
    guests responds with 401 to some of their requests.
    """

    operation_id: str
    tag: str
    responses: Mapping[int | tuple[int, str], Any]
    request: Any = None
    query: type[Serializer] | None = None
    parameters: Sequence[Mapping[str, Any]] = ()
    headers: Sequence[RequestHeader] = ()
    errors: Sequence[type[DomainError]] = ()
    refuses_body: bool = False
    refuses_some_guests: bool = False
    deprecated: Deprecation | None = None


def operation(
    operation_id: str,
    *,
    tag: str,
    response: Any,
    status: int = 200,
    request: Any = None,
    query: type[Serializer] | None = None,
    parameters: Sequence[Mapping[str, Any]] = (),
    headers: Sequence[RequestHeader] = (),
    errors: Sequence[type[DomainError]] = (),
    ignores_body: bool = False,
    refuses_some_guests: bool = False,
    deprecated: Deprecation | None = None,
) -> Callable[[Handler], Handler]:
    """Declare the OpenAPI operation of a view's method; its docstring is the summary and the description.

    `response` is the serializer of the successful response, which has the status `status`; if there are
    several responses, it maps statuses (or pairs of status and media type) to serializers. `query` is the
    serializer of the query parameters; `parameters` are OpenAPI objects for parameters that no serializer can
    describe. `errors` are the domain errors that the operation raises; errors that result from permissions,
    throttles, parsers, parameters and headers are derived (`backend.api.schema.error_responses`).

    A write without `request` refuses a body, because a client that sends one expects it to have an effect;
    with `ignores_body` it accepts any.

    Responses of a `deprecated` operation have the headers of its deprecation.
    """

    def decorate(handler: Handler) -> Handler:
        refuses_body = request is None and not ignores_body and handler.__name__ in WRITES
        decorated = _without_body(handler) if refuses_body else handler
        decorated.operation = Operation(  # type: ignore[attr-defined]
            operation_id=operation_id,
            tag=tag,
            responses=response if isinstance(response, Mapping) else {status: response},
            request=request,
            query=query,
            parameters=tuple(parameters),
            headers=tuple(headers),
            errors=tuple(errors),
            refuses_body=refuses_body,
            refuses_some_guests=refuses_some_guests,
            deprecated=deprecated,
        )
        return decorated

    return decorate


def _without_body(handler: Handler) -> Handler:
    @wraps(handler)
    def checked(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        refuse_body(request)
        return handler(view, request, *args, **kwargs)

    return cast("Handler", checked)


def operation_of(handler: Callable[..., Any]) -> Operation | None:
    """Return the declaration of a view's method; None if the method isn't decorated with `@operation`."""
    found: Operation | None = getattr(handler, "operation", None)
    return found
