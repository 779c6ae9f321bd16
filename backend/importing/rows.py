"""Rows in our CSV formats, read from a file or created by a converter."""

from collections.abc import Mapping
from dataclasses import dataclass

from backend.importing.files import Record, Table


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as {column: text}, made of `rows` rows of the file; the first is `source` at `line`.

    `remarks` name what a converter left out.
    """

    values: Mapping[str, str]
    line: int
    source: tuple[str, ...]
    rows: int = 1
    remarks: tuple[str, ...] = ()


def row_of(record: Record, *, table: Table) -> Row:
    """Return a record of a file that has our columns."""
    values = dict(zip(table.columns, map(str.strip, record.values), strict=True))
    return Row(values=values, line=record.line, source=tuple(record.values))
