"""Chooses the format of a report by the parameter `format`, or else by the header Accept."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rest_framework.request import Request

from backend.api.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class ReportFormat:
    """A format: its name in `format`, its media type, the maximum number of rows, and its schema."""

    name: str
    media_type: str
    most_rows: int
    schema: Mapping[str, str] = field(default_factory=dict)


JSON = ReportFormat("json", "application/json", most_rows=10_000)
CSV = ReportFormat(
    "csv",
    "text/csv",
    most_rows=200_000,
    schema={"type": "string", "example": "period,net\n2026-03,178.00\n"},
)
PARQUET = ReportFormat(
    "parquet",
    "application/vnd.apache.parquet",
    most_rows=200_000,
    schema={"type": "string", "format": "binary", "example": "PAR1"},
)
FORMATS = {known.name: known for known in (JSON, CSV, PARQUET)}
FORMAT_PARAMETER = {
    "name": "format",
    "in": "query",
    "description": "The format of the response; by default the header Accept decides.",
    "schema": {"type": "string", "enum": list(FORMATS)},
}


def requested_format(request: Request) -> ReportFormat:
    """Return the requested format; JSON if the request accepts any format, or only unknown ones.

    Raises:
        InvalidInput: `format` is not the name of a format.
    """
    name = request.query_params.get("format")
    if name is not None:
        if name not in FORMATS:
            raise InvalidInput(format=f"must be one of {', '.join(FORMATS)}, not {name[:50]!r}")
        return FORMATS[name]
    by_media_type = {known.media_type: known for known in FORMATS.values()}
    preferred = request.get_preferred_type(list(by_media_type))
    return JSON if preferred is None else by_media_type[preferred]
