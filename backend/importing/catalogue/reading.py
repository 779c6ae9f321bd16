"""Decides how the extra columns of a catalogue file are imported, and detects its decimal mark."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from backend.importing.catalogue.offers import EXTRA
from backend.importing.catalogue.row import Reading
from backend.importing.files import Table, open_table
from backend.importing.headers import Header
from backend.importing.numbers import decimal_mark, numbers_in
from backend.importing.outcomes import Refused
from backend.importing.rows import Row
from backend.importing.spreadsheets import unescaped_cell

METAFIELD = re.compile(r" \(product\.metafields\..*\)$")
"""The suffix that Shopify adds to the names of fields that a merchant has defined."""


def resolved(
    path: Path, *, reading: Reading, header: Header, numbers: Sequence[str], bounded: Sequence[str] = ()
) -> Reading:
    """Return the reading with the decimal mark of the columns `numbers` and `bounded` (see numbers_in).

    Raises:
        UnreadableFile: the file can't be read, or its numbers don't show the decimal mark.
    """
    if reading.mark is not None:
        return reading
    table = open_table(path, header=header, dialect=reading.dialect)
    rows = _values(table, columns={*numbers, *bounded})
    cells = numbers_in(rows, columns=numbers, bounded=bounded)
    return replace(reading, mark=decimal_mark(cells, path=str(path)))


def _values(table: Table, *, columns: Collection[str]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line of each row and its values in these columns."""
    wanted = [(at, name) for at, name in enumerate(table.columns) if name in columns]
    for record in table.records():
        if not isinstance(record, Refused):
            yield record.line, {name: unescaped_cell(record.values[at].strip()) for at, name in wanted}


def with_extra_attributes(
    rows: Iterable[Row | Refused], *, table: Table, header: Header, reading: Reading
) -> Iterator[Row | Refused]:
    """Yield the rows with their extra columns as attributes, or without them."""
    extra = dict.fromkeys(header.unknown(table.columns))
    renamed = {name: _attribute(name) for name in extra} if reading.extra_attributes else {}
    for row in rows:
        if isinstance(row, Refused) or not extra:
            yield row
        else:
            values = {
                renamed.get(name, name): value
                for name, value in row.values.items()
                if name not in extra or name in renamed
            }
            yield replace(row, values=values)


def _attribute(column: str) -> str:
    return EXTRA + METAFIELD.sub("", column)


def notes(path: Path, *, header: Header, reading: Reading) -> list[str]:
    """Return messages that name the columns with values that the format doesn't have."""
    if not header.whole_rows:
        return []
    table = open_table(path, header=header, dialect=reading.dialect)
    unknown = set(header.unknown(table.columns))
    wanted = [at for at, name in enumerate(table.columns) if name in unknown]
    if not wanted:
        return []
    filled: set[int] = set()
    for record in table.records():
        if not isinstance(record, Refused):
            filled.update(at for at in wanted if at not in filled and record.values[at].strip())
        if len(filled) == len(wanted):
            break
    names = [header.described(table.columns[at], present=table.columns) for at in sorted(filled)]
    if not names:
        return []
    if reading.extra_attributes:
        return [f"columns imported as attributes: {', '.join(names)}"]
    return [
        f"columns not imported: {', '.join(names)}; --extra-columns attributes imports them as attributes"
    ]
