"""The drf-spectacular schema class for the views of this project."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from drf_spectacular.drainage import error, warn
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_parameter_type
from drf_spectacular.utils import OpenApiParameter
from rest_framework.serializers import DecimalField

from backend.api.fields import LARGEST_ID
from backend.api.parameters import Body
from backend.api.schema.error_responses import COMMON_HEADERS, error_responses
from backend.api.schema.operations import Operation, operation_of

Schema = dict[str, Any]

# Django's `int` converter has no sign, and no row has a larger id.
_INTEGER_ID: Schema = {
    "type": "integer",
    "format": "int64",
    "minimum": 1,
    "maximum": LARGEST_ID,
    "example": 1,
}


class ShopSchema(AutoSchema):
    """The OpenAPI operation of a view's method, from `@operation` and from the view's configuration.

    A method without a declaration is reported as an error, so `spectacular --fail-on-warn` fails.
    """

    @property
    def _handler(self) -> Any:
        return getattr(self.view, self.method.lower())

    @property
    def _operation(self) -> Operation:
        found = operation_of(self._handler)
        assert found is not None, "without it the method is excluded"  # noqa: S101 - is_excluded comes first
        return found

    def is_excluded(self) -> bool:
        """Exclude a method without `@operation`, and report it."""
        if operation_of(self._handler) is not None:
            return False
        error(f"{type(self.view).__name__}.{self.method.lower()} is not described by @operation")
        return True

    def get_operation(self, *args: Any, **kwargs: Any) -> Schema | None:
        """Return the operation; without authenticators its list of security schemes is empty."""
        operation: Schema | None = super().get_operation(*args, **kwargs)
        if operation is not None and operation["security"] == [{}]:
            # Both mean the same, but client generators treat [{}] as an operation that needs a token.
            operation["security"] = []
        if operation is not None and (sunset := self._sunset) is not None:
            operation["x-sunset"] = sunset.isoformat()
        return operation

    @property
    def _sunset(self) -> date | None:
        deprecated = self._operation.deprecated
        return None if deprecated is None else deprecated.sunset

    def get_auth(self) -> list[Schema]:
        """Return the security schemes; an empty one means that guests may send the request, too."""
        schemes: list[Schema] = super().get_auth()
        is_open = any(
            getattr(permission, "open_to_guests", False) for permission in self.view.get_permissions()
        )
        return [*schemes, {}] if is_open and {} not in schemes else schemes

    def get_operation_id(self) -> str:
        """Return the declared id."""
        return self._operation.operation_id

    def get_tags(self) -> list[str]:
        """Return the declared tag."""
        return [self._operation.tag]

    def get_summary(self) -> str:
        """Return the first sentence of the method's docstring."""
        return _docstring(self._handler)[0]

    def get_description(self) -> str:  # type: ignore[override]
        """Return the rest of the method's docstring."""
        return _docstring(self._handler)[1]

    def is_deprecated(self) -> bool:
        """Return whether the declaration deprecates the operation."""
        return self._operation.deprecated is not None

    def get_request_serializer(self) -> Any:
        """Return the declared body."""
        return self._operation.request

    def get_response_serializers(self) -> Any:
        """Return the declared responses."""
        return dict(self._operation.responses)

    def get_override_parameters(self) -> list[Any]:
        """Return the declared query parameters and headers."""
        operation = self._operation
        headers = [
            OpenApiParameter(
                header.name, dict(header.schema), OpenApiParameter.HEADER, description=header.description
            )
            for header in operation.headers
        ]
        return [*([operation.query] if operation.query is not None else []), *headers]

    def _get_parameters(self) -> list[Schema]:
        found = [*super()._get_parameters(), *map(dict, self._operation.parameters)]
        return list({(parameter["name"], parameter["in"]): parameter for parameter in found}.values())

    def _resolve_path_parameters(self, variables: list[str]) -> list[Schema]:
        parameters: list[Schema] = []
        for parameter in super()._resolve_path_parameters(variables):  # type: ignore[no-untyped-call]
            name, schema = parameter["name"], parameter["schema"]
            if schema.get("type") == "integer":
                parameters.append(_id_parameter(name, schema=_INTEGER_ID))
            elif schema.get("format") == "uuid":
                parameters.append(_id_parameter(name, schema=schema))
            else:
                parameters.append(parameter)
        return parameters

    def _get_response_bodies(self, direction: str = "response") -> Schema:
        operation = self._operation
        bodies: Schema = super()._get_response_bodies(direction)  # type: ignore[arg-type]
        extra = {
            name: shape for header in operation.headers for name, shape in header.response_headers.items()
        }
        for body in bodies.values():
            body["headers"] = {**body.get("headers", {}), **COMMON_HEADERS, **extra}
            body["description"] = "Success."
        for response in error_responses(operation, view=self.view, method=self.method, path=self.path):
            self._register_response(response.name, response.as_openapi())
            own = bodies.get(str(response.status))
            if own is None:
                bodies[str(response.status)] = {"$ref": f"#/components/responses/{response.name}"}
            else:
                # The view itself responds with an error status, as the readiness endpoint does with 503.
                own["headers"].update(response.as_openapi()["headers"])
                media = own["content"]["application/json"]
                error = {"$ref": f"#/components/schemas/{response.name}"}
                media["schema"] = {"oneOf": [media["schema"], error]}
        return dict(sorted(bodies.items()))

    def _register_response(self, name: str, response: Schema) -> None:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=name, type=ResolvedComponent.RESPONSE, object=name, schema=response
        )
        if component in self.registry and self.registry[component].schema != response:
            error(f"two different responses are called {name}")
        self.registry.register_on_missing(component)

    def _map_serializer_field(self, field: Any, direction: str, bypass_extensions: bool = False) -> Schema:
        schema: Schema = super()._map_serializer_field(field, direction, bypass_extensions)  # type: ignore[no-untyped-call]
        if direction == "request" and isinstance(field, DecimalField):
            described: Schema = {key: schema[key] for key in ("description", "default") if key in schema}
            null: list[Schema] = [{"type": "null"}] if field.allow_null else []
            return {"anyOf": [_decimal_text(field), {"type": "number", "minimum": 0}, *null], **described}
        return schema

    def _map_basic_serializer(self, serializer: Any, direction: str) -> Schema:
        schema: Schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Body):
            # An unknown field is refused rather than ignored.
            schema["additionalProperties"] = False
        properties = schema.get("properties", {})
        for name, value in example_of_class(type(serializer)).items():
            if name in properties:
                properties[name] = {**properties[name], "example": value}
            elif name not in serializer.fields:
                warn(f"{type(serializer).__name__}.EXAMPLE has `{name}`, which is not a field")
        return schema


def _id_parameter(name: str, *, schema: Schema) -> Schema:
    thing = name.removesuffix("_id").replace("_", " ")
    parameter: Schema = build_parameter_type(
        name=name, schema=schema, location=OpenApiParameter.PATH, description=f"The {thing}'s id."
    )
    return parameter


def _decimal_text(field: DecimalField) -> Schema:
    whole, places = field.max_whole_digits, field.decimal_places
    return {"type": "string", "format": "decimal", "pattern": rf"^\d{{1,{whole}}}(\.\d{{1,{places}}})?$"}


def example_of_class(serializer: type) -> dict[str, Any]:
    """Return the EXAMPLE of a serializer's class, with those of its base classes."""
    example: dict[str, Any] = {}
    for base in reversed(serializer.__mro__):
        declared: Mapping[str, Any] = vars(base).get("EXAMPLE", {})
        example.update(declared)
    return example


def _docstring(handler: Any) -> tuple[str, str]:
    lines = [line.strip() for line in (handler.__doc__ or "").strip().splitlines()]
    text = "\n".join(lines)
    summary, _, description = text.partition("\n\n")
    # The documented responses already cover the exceptions.
    description = description.partition("Raises:\n")[0].strip()
    return summary.replace("\n", " ").removesuffix("."), description.replace("\n", " ")
