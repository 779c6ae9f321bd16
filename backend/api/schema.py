"""The envelopes, as OpenAPI describes them."""

from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

Serializer = serializers.BaseSerializer[Any]


def _name(serializer: Serializer | type[Serializer]) -> str:
    child = getattr(serializer, "child", None)
    owner = child if child is not None else serializer
    name = (owner if isinstance(owner, type) else type(owner)).__name__.removesuffix("Serializer")
    return f"{name}List" if child is not None else name


def envelope_of(serializer: Serializer | type[Serializer]) -> Serializer:
    """Describe `{data, message, status, timestamp}` around what `serializer` describes."""
    data = serializer() if isinstance(serializer, type) else serializer
    return inline_serializer(
        f"{_name(serializer)}Envelope",
        {
            "data": data,
            "message": serializers.CharField(),
            "status": serializers.IntegerField(),
            "timestamp": serializers.DateTimeField(),
        },
    )


def page_of(row: type[Serializer], **extra: serializers.Field[Any, Any, Any, Any] | Serializer) -> Serializer:
    """Describe a page of `row`s, with the fields that `extra` adds to the page."""
    return inline_serializer(
        f"{_name(row)}Page",
        {
            "count": serializers.IntegerField(),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
            "results": row(many=True),
            "page_size": serializers.IntegerField(),
            "current_page": serializers.IntegerField(),
            "total_pages": serializers.IntegerField(),
            **extra,
        },
    )


ERROR_SCHEMA = {
    "type": "object",
    "required": ["error", "details", "status", "timestamp", "request_id"],
    "properties": {
        "error": {"type": "string", "description": "What went wrong, for people."},
        "details": {"type": "object", "additionalProperties": True, "description": "The facts, by field."},
        "status": {"type": "integer"},
        "timestamp": {"type": "string", "format": "date-time"},
        "request_id": {"type": "string", "format": "uuid", "nullable": True},
    },
}


def describe_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the error envelope to every operation (drf-spectacular's postprocessing hook)."""
    result.setdefault("components", {}).setdefault("schemas", {})["Error"] = ERROR_SCHEMA
    error = {
        "description": "An error, in the error envelope.",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"].setdefault("default", error)
    return result
