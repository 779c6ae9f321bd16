"""The formats of exports."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from backend.api.formats import Format
from csv_cells.formulas import escaped

COLUMNS = (
    "id",
    "recorded_at",
    "user_id",
    "system_name",
    "action",
    "object_type",
    "object_id",
    "changes",
    "personal",
    "request_id",
    "is_sealed",
)
Batches = Iterable[list[dict[str, Any]]]


@dataclass(frozen=True, slots=True)
class ExportFormat(Format):
    """A format with the function that writes batches of entries."""

    write: Callable[[Batches], Iterator[bytes]]


def _as_csv(batches: Batches) -> Iterator[bytes]:
    """Yield CSV with a header. Values are written so that no spreadsheet runs them; objects are JSON."""
    yield _lines([COLUMNS])
    for batch in batches:
        yield _lines([[_cell(entry[name]) for name in COLUMNS] for entry in batch])


def _as_ndjson(batches: Batches) -> Iterator[bytes]:
    """Yield one JSON object in each line."""
    for batch in batches:
        yield "".join(f"{_json({name: entry[name] for name in COLUMNS})}\n" for entry in batch).encode()


def _lines(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return escaped(value)
        case datetime():
            return _iso(value)
        case _:
            return escaped(_json(value))


def _json(value: object) -> str:
    return json.dumps(value, default=_iso, ensure_ascii=False, separators=(",", ":"))


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


CSV = ExportFormat(
    "csv", "text/csv", _as_csv, schema={"type": "string", "example": "id,recorded_at,user_id\n7,…,1\n"}
)
NDJSON = ExportFormat(
    "ndjson", "application/x-ndjson", _as_ndjson, schema={"type": "string", "example": '{"id":7}\n'}
)
FORMATS = (CSV, NDJSON)
