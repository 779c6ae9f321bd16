"""Rows in our CSV formats, read from a file or created by a converter."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from backend.importing.errors import InvalidValue
from backend.importing.files import Record, Table
from backend.importing.outcomes import Refused
from backend.importing.spreadsheets import refuse_damaged, unescaped_cell

SPREADSHEET_STARTS = frozenset("'=#")


class Kind(StrEnum):
    """The role of a row in its product."""

    VARIANT = "variant"
    COMPANION = "companion"
    """It has a part of the product, such as an image, but isn't a variant."""
    LEFT_OUT = "left out"
    """It is left out for the reason in `fault`, and the product is complete without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A row as {column: text}, made of `rows` rows of the file; the first is `source` at `line`.

    `remarks` name what a converter left out. A row with a `fault` is refused for this reason. A row that
    `is_self_contained` has all fields of its product; otherwise only the product's first row has them.
    """

    values: Mapping[str, str]
    line: int
    source: tuple[str, ...]
    rows: int = 1
    remarks: tuple[str, ...] = ()
    fault: str = ""
    kind: Kind = Kind.VARIANT
    is_self_contained: bool = False

    @property
    def refused(self) -> Refused:
        """The row as an outcome: refused, or left out, because of its fault."""
        return Refused(self.line, self.fault, self.source, is_left_out=self.kind is Kind.LEFT_OUT)


def rows_of(table: Table) -> Iterator[Row | Refused]:
    """Yield the rows of a table without the escapes that spreadsheets add to cells, and the refused rows."""
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
                cell = unescaped_cell(cell)
            values[column] = cell
    except InvalidValue as fault:
        return Refused(record.line, str(fault), tuple(record.values))
    return Row(values=values, line=record.line, source=tuple(record.values))
