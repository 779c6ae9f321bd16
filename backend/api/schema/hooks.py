"""The components that every operation refers to: the error envelope and the response headers."""

from collections.abc import Mapping
from typing import Any

_FACT = {"type": ["string", "number", "boolean", "null"]}
ERROR: Mapping[str, Any] = {
    "type": "object",
    "description": "The envelope of every error.",
    "required": ["error", "code", "details", "status", "timestamp", "request_id"],
    "properties": {
        "error": {"type": "string", "description": "A message that says what went wrong; it may change."},
        "code": {"type": "string", "description": "The stable identifier of the error."},
        "details": {
            "type": "object",
            "description": "Facts about the error. For `invalid_input` each key is a field and its value a "
            "list of messages; `shipping_address.city` is a field of a nested object, `items.0.quantity` a "
            "field of an element of a list.",
            "additionalProperties": {
                "anyOf": [
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "array", "items": {"type": "integer"}},
                    {"type": "array", "items": {"type": "object", "additionalProperties": _FACT}},
                    _FACT,
                ]
            },
        },
        "status": {"type": "integer", "description": "The HTTP status."},
        "timestamp": {"type": "string", "format": "date-time"},
        "request_id": {
            "type": ["string", "null"],
            "description": "The id of the request in the server's log.",
        },
    },
}
HEADERS: Mapping[str, Any] = {
    "X-Request-Id": {
        "description": "The id of the request in the server's log.",
        "schema": {"type": "string"},
    },
    "Vitrine-Version": {
        "description": "The version of the API that the response has.",
        "schema": {"type": "string"},
    },
    "Retry-After": {
        "description": "Seconds until the request can be repeated.",
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}},
}


def add_components(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the error envelope and the response headers (a postprocessing hook for drf-spectacular)."""
    components = result.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    schemas["Error"] = dict(ERROR)
    components.setdefault("headers", {}).update(HEADERS)
    for name, response in components.get("responses", {}).items():
        # A named schema gives generated clients one class for it. This hook runs after the one that names
        # enums.
        media = response["content"]["application/json"]
        schemas[name], media["schema"] = media["schema"], {"$ref": f"#/components/schemas/{name}"}
    return result
