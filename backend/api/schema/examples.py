"""Examples of request and response bodies, composed from the examples of their fields.

A serializer's EXAMPLE has values for the fields whose default, choices or format don't provide one. This
module composes an example of every request and response from them, so that examples need no maintenance and
are valid.
"""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.drainage import warn

Schema = Mapping[str, Any]
BY_FORMAT: Mapping[str, str] = {
    "date-time": "2026-03-02T12:00:00Z",
    "date": "2026-03-02",
    "uuid": "0195568f-1e00-7c3a-8d7f-9a1b2c3d4e5f",
    "uri": "https://shop.example/",
}


class NoExample(Exception):
    """No example value can be derived from a schema; the message is the schema's path."""


def example_of(schema: Schema, *, schemas: Schema, path: str = "") -> Any:
    """Return a value that the schema allows.

    Raises:
        NoExample: a field has no example, default, choice, format or type to take one from.
    """
    if "example" in schema:
        return schema["example"]
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return example_of(schemas[name], schemas=schemas, path=name)
    for keyword in ("allOf", "oneOf", "anyOf"):
        if keyword in schema:
            return example_of(schema[keyword][0], schemas=schemas, path=path)
    if "enum" in schema:
        return schema["enum"][0]
    if "default" in schema:
        return schema["default"]
    return _of_type(schema, schemas=schemas, path=path)


def _of_type(schema: Schema, *, schemas: Schema, path: str) -> Any:
    kind = schema.get("type")
    match kind if isinstance(kind, str) else next(iter(kind or ()), None):
        case "object" if "properties" in schema:
            return {
                name: example_of(inner, schemas=schemas, path=f"{path}.{name}")
                for name, inner in schema["properties"].items()
                if "x-alternative-to" not in inner
            }
        case "array":
            return [example_of(schema["items"], schemas=schemas, path=f"{path}[]")]
        case "integer" | "number":
            return max(schema.get("minimum", 1), 1)
        case "boolean":
            return False
        case "string" if schema.get("format") in BY_FORMAT:
            return BY_FORMAT[schema["format"]]
        case _:
            raise NoExample(path)


def add_examples(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add an example to every JSON request and response (a postprocessing hook for drf-spectacular)."""
    schemas = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            bodies = [operation["requestBody"]] if "requestBody" in operation else []
            for body in (*bodies, *operation["responses"].values()):
                for media in body.get("content", {}).values():
                    _add_example(media, operation=operation, schemas=schemas)
    return result


def _add_example(media: dict[str, Any], *, operation: Schema, schemas: Schema) -> None:
    if "example" in media or "examples" in media:
        return
    try:
        media["example"] = example_of(media["schema"], schemas=schemas)
    except NoExample as error:
        warn(f"{operation['operationId']}: no example for {error}; add it to the EXAMPLE of the serializer")
