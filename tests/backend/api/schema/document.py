"""The OpenAPI document, and its operations."""

from collections.abc import Iterator
from functools import cache
from json import loads
from typing import Any, NamedTuple

from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer


class Operation(NamedTuple):
    method: str
    path: str
    content: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.content["operationId"])

    @property
    def responses(self) -> dict[str, Any]:
        """Return the responses, with references resolved."""
        return {status: resolved(response) for status, response in self.content["responses"].items()}

    @property
    def bodies(self) -> Iterator[dict[str, Any]]:
        """Yield the media types of the request and of all responses."""
        requests = [self.content["requestBody"]] if "requestBody" in self.content else []
        for body in (*requests, *self.responses.values()):
            yield from body.get("content", {}).values()


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document; fail if generating it causes a warning.

    The command would take several times as long, which the collection of tests waits for: it looks up source
    lines, writes and reads YAML, and validates, which `test_the_command_writes_a_valid_document` does.
    """
    generated = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    assert not GENERATOR_STATS, "`manage.py spectacular` prints the warnings"
    loaded: dict[str, Any] = loads(OpenApiJsonRenderer().render(generated, renderer_context={}))
    return loaded


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Return the part, or the part that it refers to."""
    if "$ref" not in part:
        return part
    found: Any = document()
    for key in part["$ref"].removeprefix("#/").split("/"):
        found = found[key]
    return dict(found)


def operations() -> list[Operation]:
    return [
        Operation(method.upper(), path, content)
        for path, methods in document()["paths"].items()
        for method, content in methods.items()
    ]


def described(operation_id: str) -> Operation:
    return next(operation for operation in operations() if operation.id == operation_id)


def codes(operation_id: str, status: int) -> set[str]:
    """Return the error codes of a response."""
    media = described(operation_id).responses[str(status)]["content"]["application/json"]
    _, narrowed = resolved(media["schema"])["allOf"]
    return set(resolved(narrowed["properties"]["code"])["enum"])
