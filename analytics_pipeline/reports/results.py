"""A report's rows, in memory or as a file."""

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TextIO

from analytics_pipeline.reports.parameters import Value
from csv_cells.formulas import escaped

_LEAST_DECIMALS = 2


@dataclass(frozen=True, slots=True)
class ReportResult:
    """A report's rows with the columns' names and the parameters that it was run with."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    parameters: dict[str, Value]

    def records(self) -> list[dict[str, Any]]:
        """Return the rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]

    def texts(self) -> list[dict[str, Any]]:
        """Return the rows by column name for JSON; decimals are strings, so that they stay exact."""
        return [
            {name: _text(value) if isinstance(value, Decimal) else value for name, value in record.items()}
            for record in self.records()
        ]


def plain(value: Any) -> Any:
    """Return a decimal with at least two decimal places, and any other value unchanged."""
    if not isinstance(value, Decimal):
        return value
    exponent = value.normalize().as_tuple().exponent
    places = max(_LEAST_DECIMALS, -exponent if isinstance(exponent, int) else 0)
    return value.quantize(Decimal(1).scaleb(-places))


def plain_row(_columns: Sequence[str], row: Sequence[Any]) -> tuple[Any, ...]:
    """Return the row with `plain` applied to each value."""
    return tuple(map(plain, row))


class _UnixLines:
    """Ends the rows of a CSV writer with a line feed.

    A writer with that line terminator wouldn't quote carriage returns, which readers treat as the end of a
    row.
    """

    def __init__(self, to: TextIO) -> None:
        self._to = to

    def write(self, row: str) -> int:
        return self._to.write(row.removesuffix("\r\n") + "\n")


def write_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, to: TextIO) -> None:
    """Write a header and the rows; text that a spreadsheet would run as a formula gets an apostrophe."""
    writer = csv.writer(_UnixLines(to))
    writer.writerow(columns)
    writer.writerows([_cell(value) for value in row] for row in rows)


def to_csv(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return the output of `write_csv`."""
    text = io.StringIO()
    write_csv(columns, rows, to=text)
    return text.getvalue()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case Decimal():
            return format(value, "f")
        case str():
            return escaped(value)
        case list() | tuple():
            return json.dumps(list(value), default=str, ensure_ascii=False)
        case _:
            return str(value)


def _text(value: Decimal) -> str:
    return format(plain(value), "f")
