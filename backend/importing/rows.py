"""Rows in our CSV formats, read from a file or created by a converter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from backend.importing.errors import InvalidValue
from backend.importing.files import Record, Table
from backend.importing.outcomes import Refused
from backend.importing.spreadsheets import refuse_damaged, unescaped

SPREADSHEET_STARTS = frozenset("'=#")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as {column: text}, made of `rows` rows of the file; the first is `source` at `line`.

    `remarks` name what a converter left out. A row with a `fault` is refused for this reason; one that is
    `left_out` for a reason is refused, too, but a complete product doesn't need it.
    """

    values: Mapping[str, str]
    line: int
    source: tuple[str, ...]
    rows: int = 1
    remarks: tuple[str, ...] = ()
    fault: str = ""
    left_out: str = ""

    @property
    def refused(self) -> Refused:
        """The row as refused for its fault, or because it is left out."""
        return Refused(self.line, self.fault or self.left_out, self.source)


def rows_of(table: Table) -> Iterator[Row | Refused]:
    """Yield the rows of a table, their cells without the traces of spreadsheets, and the refused ones."""
    for record in table.records():
        yield record if isinstance(record, Refused) else row_of(record, table=table)


def row_of(record: Record, *, table: Table) -> Row | Refused:
    """Return a record as a row, or refused because of an error that a spreadsheet left in a cell."""
    values = {}
    try:
        for column, raw in zip(table.columns, record.values, strict=True):
            cell = raw.strip()
            if cell[:1] in SPREADSHEET_STARTS:
                refuse_damaged(cell, column=column)
                cell = unescaped(cell)
            values[column] = cell
    except InvalidValue as fault:
        return Refused(record.line, str(fault), tuple(record.values))
    return Row(values=values, line=record.line, source=tuple(record.values))
