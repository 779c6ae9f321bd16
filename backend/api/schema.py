"""The envelopes, as OpenAPI describes them."""

from functools import cache
from typing import Any

from drf_spectacular.utils import inline_serializer
from rest_framework import serializers

Serializer = serializers.BaseSerializer[Any]


def _name(row: type[Serializer]) -> str:
    return row.__name__.removesuffix("Serializer")


def envelope_of(serializer: Serializer | type[Serializer]) -> Serializer:
    """Describe `{data, message, status, timestamp}` around what `serializer` describes."""
    child = getattr(serializer, "child", None)
    owner = child if child is not None else serializer
    return _envelope(owner if isinstance(owner, type) else type(owner), many=child is not None)


# Two descriptions of one envelope would be two components of one name.
@cache
def _envelope(row: type[Serializer], *, many: bool) -> Serializer:
    return inline_serializer(
        f"{_name(row)}{'List' if many else ''}Envelope",
        {
            "data": row(many=True) if many else row(),
            "message": serializers.CharField(),
            "status": serializers.IntegerField(),
            "timestamp": serializers.DateTimeField(),
        },
    )


def page_of(
    row: type[Serializer],
    *,
    name: str | None = None,
    **extra: serializers.Field[Any, Any, Any, Any] | Serializer,
) -> Serializer:
    """Describe a page of `row`s, with the fields that `extra` adds; `name` tells it from others."""
    return inline_serializer(
        name or f"{_name(row)}Page",
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
