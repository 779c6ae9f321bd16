"""Serializers of the success envelope and of pages, for the OpenAPI document only."""

from functools import cache
from typing import Any, ClassVar

from rest_framework import serializers

Serializer = serializers.BaseSerializer[Any]
ENVELOPE_EXAMPLE = {"message": "", "status": 200, "timestamp": "2026-03-02T12:00:00Z"}
PAGE_EXAMPLE = {
    "count": 1,
    "next": None,
    "previous": None,
    "page_size": 20,
    "current_page": 1,
    "total_pages": 1,
}


def _name(row: type[Serializer]) -> str:
    return row.__name__.removesuffix("Serializer")


def envelope_of(serializer: Serializer | type[Serializer]) -> Serializer:
    """Return the serializer of `{data, message, status, timestamp}` with `serializer` as `data`."""
    child = getattr(serializer, "child", None)
    owner = child if child is not None else serializer
    return _envelope(owner if isinstance(owner, type) else type(owner), many=child is not None)


# Cached, because two serializers for the same row would be two components with the same name.
@cache
def _envelope(row: type[Serializer], *, many: bool) -> Serializer:
    fields: dict[str, Any] = {
        "data": row(many=True) if many else row(),
        "message": serializers.CharField(help_text="A sentence to show to the user; often empty."),
        "status": serializers.IntegerField(help_text="The HTTP status."),
        "timestamp": serializers.DateTimeField(),
    }
    return _serializer(f"{_name(row)}{'List' if many else ''}Envelope", fields, example=ENVELOPE_EXAMPLE)


def page_of(
    row: type[Serializer],
    *,
    name: str | None = None,
    **extra: serializers.Field[Any, Any, Any, Any] | Serializer,
) -> Serializer:
    """Return the serializer of a page of `row`s with additional fields; `name` names its component."""
    fields: dict[str, Any] = {
        "count": serializers.IntegerField(help_text="The number of rows on all pages."),
        "next": serializers.URLField(allow_null=True, help_text="The next page."),
        "previous": serializers.URLField(allow_null=True, help_text="The previous page."),
        "results": row(many=True),
        "page_size": serializers.IntegerField(),
        "current_page": serializers.IntegerField(),
        "total_pages": serializers.IntegerField(),
        **extra,
    }
    return _serializer(name or f"{_name(row)}Page", fields, example=PAGE_EXAMPLE)


def _serializer(name: str, fields: dict[str, Any], *, example: dict[str, Any]) -> Serializer:
    class EnvelopeSerializer(serializers.Serializer[Any]):
        EXAMPLE: ClassVar[dict[str, Any]] = example

    # It has no docstring, because that would become the description of each component.
    made: type[serializers.Serializer[Any]] = type(f"{name}Serializer", (EnvelopeSerializer,), fields)
    return made()
