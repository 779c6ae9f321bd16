"""Reads tables whose columns are separated by commas, semicolons or tabs, in the encodings of `text`.

If the whole file is at fault (missing, damaged, wrong encoding, wrong header), UnreadableFile is raised;
`count_rows` detects this before anything is written. A row with a fault is yielded as Refused, with a reason.
"""

import csv
import re
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path

from backend.importing.errors import UnreadableFile
from backend.importing.headers import OF_REFUSED_ROWS, Header, key_of
from backend.importing.outcomes import Refused
from backend.importing.text import DELIMITERS, Dialect, opened_text

DETECTED = Dialect()
LONGEST_VALUE = 1024 * 1024
LONGEST_SHOWN = 1_000
SEPARATOR = "sep="
SEPARATOR_LINE = re.compile(rf"{SEPARATOR}(?P<delimiter>[,;\t])\s*")
"""The first line of some files: it tells Excel what the delimiter is."""

NULL_CHARACTER = "contains a null character, which databases can't store"
CHECK = "check the values and delete the last one, which is the text of the row"
BAD_QUOTES = f'is not valid CSV: a quotation mark in a quoted value must be doubled (""); {CHECK}'
NEVER_CLOSED = f"is not valid CSV: a quoted value has no end; {CHECK}"
LONG_VALUE = f"has a value of more than {LONGEST_VALUE:,} characters"


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table: the line where it ends, and its values in the order of `Table.columns`."""

    line: int
    values: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The table in the file `path`.

    `columns` are the names that the format gives to the file's columns, `names` those in the file. The
    columns of a file of refused rows (line and reason) and those without a name are left out of both; if
    there are any, `kept` has the positions of the others. `width` counts columns up to the last named one.
    """

    path: Path
    columns: tuple[str, ...]
    names: tuple[str, ...]
    encoding: str | None
    delimiter: str
    kept: tuple[int, ...]
    width: int

    def records(self) -> Iterator[Record | Refused]:
        """Yield the rows that aren't blank.

        Those that aren't valid CSV, have a null character or the wrong number of columns are refused.
        """
        with opened_text(self.path, encoding=self.encoding) as lines:
            rows = _rows(lines, delimiter=self.delimiter)
            _header(rows)
            for row in rows:
                outcome = self._broken(row) if isinstance(row, Refused) else self._record(*row)
                if outcome is not None:
                    yield outcome

    def _broken(self, row: Refused) -> Refused:
        """Return a row that isn't valid CSV with its probable values, followed by its text.

        Because the text is an additional cell, the row has too many columns and is refused again until a user
        has checked the values and deleted that cell.
        """
        *values, text = row.row
        padded = [*values, *[""] * (self.width - len(values))]
        kept = [padded[at] for at in self.kept] if self.kept else padded[: self.width]
        return replace(row, row=(*kept, *padded[self.width :], text))

    def _record(self, line: int, values: list[str]) -> Record | Refused | None:
        if not any(values):
            return None
        width, fault = self.width, ""
        if len(values) > width and not any(map(str.strip, values[width:])):
            # Spreadsheets may write empty cells after the last column.
            del values[width:]
        if len(values) != width:
            fault = f"doesn't have {width} columns, like the header"
        kept = [values[at] for at in self.kept if at < len(values)] if self.kept else values[:width]
        if not fault and "\0" in "".join(kept):
            fault = NULL_CHARACTER
        if not fault:
            return Record(line, kept) if any(map(str.strip, kept)) else None
        return Refused(line, fault, (*kept, *values[width:]))

    def positions(self, names: Sequence[str]) -> tuple[int, ...]:
        """Return the indices of the columns `names` in a record's values."""
        return tuple(self.columns.index(name) for name in names)


def open_table(path: Path, *, header: Header, dialect: Dialect = DETECTED) -> Table:
    """Return the table in the file `path`, with the delimiter that fits the header best.

    Raises:
        UnreadableFile: it is missing, empty, damaged, in another encoding, or its header does not fit.
    """
    names, delimiter = _names(path, header=header, dialect=dialect)
    kept = _kept(names, header=header)
    found = tuple([names[at] for at in kept])
    columns = header.resolve(found)
    if fault := header.fault(found, columns):
        raise UnreadableFile(f"{path}: {fault}")
    width = kept[-1] + 1
    return Table(
        path=path,
        columns=columns,
        names=found,
        encoding=dialect.encoding,
        delimiter=delimiter,
        kept=() if len(kept) == width else kept,
        width=width,
    )


def _names(path: Path, *, header: Header, dialect: Dialect) -> tuple[list[str], str]:
    with opened_text(path, encoding=dialect.encoding) as lines:
        first = next((line for line in lines if line.strip()), None)
        if first is None:
            raise UnreadableFile(f"{path}: is empty; expected the header {','.join(header.required)}")
        declared = SEPARATOR_LINE.fullmatch(first)
        given = dialect.delimiter or (declared["delimiter"] if declared else None)
        rest = lines if declared else chain([first], lines)
        # A header may have a line break in a quoted name.
        start = [line for line, _ in zip(rest, range(20), strict=False)]
    found = {
        delimiter: [name.strip() for name in _header(_rows(iter(start), delimiter=delimiter))]
        for delimiter in ([given] if given else DELIMITERS.values())
    }
    best = max(found, key=lambda delimiter: _fit(found[delimiter], header=header))
    return found[best], best


def _fit(names: Sequence[str], *, header: Header) -> tuple[int, int]:
    """Return the number of required columns among the names, and the number of names."""
    return len(header.required) - len(header.missing(header.resolve(names))), len(names)


def _kept(names: Sequence[str], *, header: Header) -> tuple[int, ...]:
    """Return the positions of the named columns, except those that only a file of refused rows has."""
    known = {*header.required, *header.optional}
    dropped = {""}
    if tuple(map(key_of, names[:2])) == OF_REFUSED_ROWS and not known.intersection(OF_REFUSED_ROWS):
        dropped.update(OF_REFUSED_ROWS)
    return tuple(at for at, name in enumerate(names) if key_of(name) not in dropped)


def count_rows(path: Path, *, header: Header, dialect: Dialect = DETECTED) -> int:
    """Read the whole file and return how many rows follow the header.

    Raises:
        UnreadableFile: it can't be read to its end, its header does not fit, or it has no rows.
    """
    table = open_table(path, header=header, dialect=dialect)
    count = sum(1 for _ in table.records())
    if not count:
        raise UnreadableFile(f"{path}: has a header but no rows")
    return count


ParsedRow = tuple[int, list[str]] | Refused


def _header(rows: Iterator[ParsedRow]) -> list[str]:
    """Read up to the header and return it."""
    for row in rows:
        if isinstance(row, Refused):
            return [*row.row[:-1]]
        _, values = row
        is_separator_line = values[:1] == [SEPARATOR] and not any(values[1:])
        if any(values) and not is_separator_line:
            return values
    return []


def _rows(lines: Iterator[str], *, delimiter: str) -> Iterator[ParsedRow]:
    """Yield the line where a row ends and its values.

    If a row isn't valid CSV, only its first line is refused: otherwise all rows after an unclosed quotation
    mark would be part of the quoted value. The last value of a refused row is its text.
    """
    csv.field_size_limit(LONGEST_VALUE)
    again: deque[str] = deque()
    taken: list[str] = []

    def feed() -> Iterator[str]:
        while (line := again.popleft() if again else next(lines, None)) is not None:
            taken.append(line)
            yield line

    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    number = 0
    while True:
        taken.clear()
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            first, *rest = taken
            again.extendleft(reversed(rest))
            number += 1
            yield Refused(number, _fault(error), _probable_values(first, delimiter=delimiter))
            reader = csv.reader(feed(), delimiter=delimiter, strict=True)
        else:
            number += len(taken)
            yield number, values


def _fault(error: csv.Error) -> str:
    if "field larger" in str(error):
        return LONG_VALUE
    return NEVER_CLOSED if "end of data" in str(error) else BAD_QUOTES


def _probable_values(line: str, *, delimiter: str) -> tuple[str, ...]:
    """Return the probable values of a line that isn't valid CSV, followed by its text."""
    text = line.rstrip("\r\n")
    if len(text) > LONGEST_VALUE:
        return (text[:LONGEST_SHOWN],)
    return (*next(csv.reader([text], delimiter=delimiter), []), text)
