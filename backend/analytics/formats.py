"""The formats of reports."""

from dataclasses import dataclass

from backend.api.formats import Format, format_parameter


@dataclass(frozen=True, slots=True)
class ReportFormat(Format):
    """A format with its maximum number of rows."""

    most_rows: int


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
FORMATS = (JSON, CSV, PARQUET)
FORMAT_PARAMETER = format_parameter(FORMATS)
