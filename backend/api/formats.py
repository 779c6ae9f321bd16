"""Chooses the format of a response by the parameter `format`, or else by the header Accept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from rest_framework.request import Request

from backend.api.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its name in `format`, its media type, and the OpenAPI schema if it is a file."""

    name: str
    media_type: str
    schema: Mapping[str, str] = field(default_factory=dict, kw_only=True)


Known = TypeVar("Known", bound=Format)


def format_parameter(formats: Sequence[Format]) -> dict[str, Any]:
    """Return the OpenAPI object of the parameter `format`."""
    return {
        "name": "format",
        "in": "query",
        "description": "The format of the response; by default the header Accept decides.",
        "schema": {"type": "string", "enum": [known.name for known in formats]},
    }


def requested_format(request: Request, formats: Sequence[Known]) -> Known:
    """Return the requested format; the first one if the request accepts any format, or only unknown ones.

    Raises:
        InvalidInput: `format` is not the name of a format.
    """
    name = request.query_params.get("format")
    if name is not None:
        by_name = {known.name: known for known in formats}
        if name not in by_name:
            raise InvalidInput(format=f"must be one of {', '.join(by_name)}, not {name[:50]!r}")
        return by_name[name]
    by_media_type = {known.media_type: known for known in formats}
    preferred = request.get_preferred_type(list(by_media_type))
    return formats[0] if preferred is None else by_media_type[preferred]
