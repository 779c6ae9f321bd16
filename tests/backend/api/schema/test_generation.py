"""Incomplete descriptions of views are reported."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import path
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.api.errors import PageNotFound
from backend.api.schema import envelope_of, operation
from backend.api.schema.examples import add_examples


class LampSerializer(serializers.Serializer[Any]):
    """A lamp."""

    name = serializers.CharField()


class BulbSerializer(LampSerializer):
    """A bulb."""

    EXAMPLE = {"name": "A60", "socket": "E27"}


class LampView(APIView):
    def get(self, request: Request) -> Response:
        """Show a lamp."""
        return Response()

    @operation("lamps_create", tag="lamps", request=LampSerializer, response=envelope_of(LampSerializer))
    def post(self, request: Request) -> Response:
        """Create a lamp.

        It is switched off.

        Raises:
            PageNotFound: never.
        """
        return Response()

    @operation("lamps_update", tag="lamps", response=envelope_of(BulbSerializer), errors=[PageNotFound])
    def put(self, request: Request) -> Response:
        """Change the bulb."""
        return Response()


@pytest.fixture
def operations() -> Iterator[dict[str, Any]]:
    """The operations of the lamps by method; `messages` returns the warnings and errors."""
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        yield generated()
    GENERATOR_STATS.reset()


def generated() -> dict[str, Any]:
    patterns = [path("lamps/", LampView.as_view())]
    generator = SchemaGenerator(patterns=patterns)  # type: ignore[no-untyped-call]
    schema: dict[str, Any] = generator.get_schema(public=True)  # type: ignore[no-untyped-call]
    add_examples(schema)
    return dict(schema["paths"]["/lamps/"])


def messages() -> list[str]:
    return [*GENERATOR_STATS._error_cache, *GENERATOR_STATS._warn_cache]


@pytest.mark.parametrize(
    "expected",
    [
        "LampView.get is not described by @operation",
        "lamps_create: no example for Lamp.name",
        "BulbSerializer.EXAMPLE has `socket`, which is not a field",
    ],
)
def test_missing_descriptions_and_examples_are_reported(expected: str, operations: dict[str, Any]) -> None:
    assert any(expected in message for message in messages()), messages()


def test_the_docstring_without_exceptions_becomes_the_summary_and_description(
    operations: dict[str, Any],
) -> None:
    assert operations["post"]["summary"] == "Create a lamp"
    assert operations["post"]["description"] == "It is switched off."
    assert "description" not in operations["put"]


def test_a_declared_error_is_added_to_the_derived_responses(operations: dict[str, Any]) -> None:
    assert operations["put"]["responses"]["404"] == {"$ref": "#/components/responses/PageNotFoundError"}
    assert {"401", "429", "503"} <= set(operations["put"]["responses"])
    assert "404" not in operations["post"]["responses"]
