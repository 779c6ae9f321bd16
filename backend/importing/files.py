"""Tables in files: comma-separated UTF-8, plain or compressed with gzip or xz.

A fault of the whole file (missing, damaged, wrong encoding, wrong header) raises UnreadableFile; `count_rows`
finds it before anything is written. A row with a fault is Refused, with a reason.
"""

import csv
import gzip
import lzma
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from backend.importing.errors import UnreadableFile
from backend.importing.outcomes import Refused

GZIP_MAGIC = b"\x1f\x8b"
XZ_MAGIC = b"\xfd7zXZ\x00"
BYTE_ORDER_MARK = "\ufeff"
NULL_CHARACTER = "contains a null character, which databases can't store"
DAMAGED = (EOFError, lzma.LZMAError, zlib.error, gzip.BadGzipFile)


@dataclass(frozen=True, slots=True)
class Header:
    """The required columns of a format, the optional ones, and the prefix of further columns.

    A `closed` format has no other columns, so that a misspelt name is found; other formats ignore them.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...] = ()
    prefix: str = ""
    closed: bool = False

    def check(self, found: Sequence[str], *, path: Path) -> None:
        """Raise UnreadableFile unless `found` fits; the message names the columns that are wrong."""
        missing = [name for name in self.required if name not in found]
        duplicate = sorted({name for name in found if found.count(name) > 1})
        unknown = [name for name in found if not self._has(name)] if self.closed else []
        if missing or duplicate or unknown:
            raise UnreadableFile(f"{path}: {self._message(found, missing, duplicate, unknown)}")

    def _has(self, name: str) -> bool:
        named = name in self.required or name in self.optional
        return named or bool(self.prefix and name.startswith(self.prefix) and name != self.prefix)

    def _message(
        self, found: Sequence[str], missing: Sequence[str], duplicate: Sequence[str], unknown: Sequence[str]
    ) -> str:
        problems = [
            f"{problem} {', '.join(names)}"
            for problem, names in (
                ("lacks the columns", missing),
                ("has duplicate columns", duplicate),
                ("has unknown columns", unknown),
            )
            if names
        ]
        expected = ",".join(self.required)
        if self.optional and self.closed:
            further = ", ".join([*self.optional, *([f"{self.prefix}…"] if self.prefix else [])])
            expected += f" and optionally {further}"
        hint = " (are they separated by commas?)" if len(found) == 1 else ""
        return f"the header {'; '.join(problems)}. Expected: {expected}. Found: {','.join(found)}{hint}"


@dataclass(frozen=True, slots=True)
class Record:
    """A row of a table: the line where it ends, and its values in the order of `Table.columns`."""

    line: int
    values: list[str]


@dataclass(frozen=True, slots=True)
class Table:
    """The table in the file `path` with the header `columns`."""

    path: Path
    columns: tuple[str, ...]

    def records(self) -> Iterator[Record | Refused]:
        """Yield the rows; those with a null character or the wrong number of columns are refused."""
        width = len(self.columns)
        with _parsed(self.path) as rows:
            next(rows)
            for line, values in rows:
                if any("\0" in value for value in values):
                    yield Refused(line, NULL_CHARACTER, tuple(values))
                elif len(values) == width:
                    yield Record(line, values)
                elif values:
                    reason = f"doesn't have {width} columns, as the header has"
                    yield Refused(line, reason, tuple(values))

    def positions(self, names: Sequence[str]) -> tuple[int, ...]:
        """Return the indices of the columns `names` in a record's values."""
        return tuple(self.columns.index(name) for name in names)


def open_table(path: Path, *, header: Header) -> Table:
    """Return the table in `path`.

    Raises:
        UnreadableFile: it is missing, empty, damaged, not UTF-8, or its header does not fit `header`.
    """
    with _parsed(path) as rows:
        first = next(rows, None)
    if first is None:
        raise UnreadableFile(f"{path}: is empty; expected the header {','.join(header.required)}")
    _, names = first
    columns = tuple(name.strip() for name in names)
    header.check(columns, path=path)
    return Table(path, columns)


def count_rows(path: Path, *, header: Header) -> int:
    """Read the whole file and return how many rows follow the header.

    Raises:
        UnreadableFile: it can't be read to its end, its header does not fit, or there is no row.
    """
    table = open_table(path, header=header)
    count = sum(1 for _ in table.records())
    if not count:
        raise UnreadableFile(f"{path}: has a header but no rows")
    return count


@contextmanager
def _parsed(path: Path) -> Iterator[Iterator[tuple[int, list[str]]]]:
    try:
        with _opened(path) as binary:
            yield _rows(binary, path=path)
    except OSError as error:
        raise UnreadableFile(f"{path}: {error.strerror or error}") from error


def _opened(path: Path) -> IO[bytes]:
    if path.is_fifo():
        raise UnreadableFile(f"{path}: is a pipe; a file is needed, because it is read more than once")
    with path.open("rb") as file:
        magic = file.read(len(XZ_MAGIC))
    if magic.startswith(GZIP_MAGIC):
        return cast("IO[bytes]", gzip.open(path))
    if magic == XZ_MAGIC:
        return lzma.open(path)
    return path.open("rb")


def _rows(binary: IO[bytes], *, path: Path) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(_decoded(binary, path=path), strict=True)
    try:
        for values in reader:
            yield reader.line_num, values
    except csv.Error as error:
        raise UnreadableFile(f"{path}: line {reader.line_num}: not valid CSV: {error}") from error


def _decoded(binary: IO[bytes], *, path: Path) -> Iterator[str]:
    number = 0
    try:
        for number, raw in enumerate(binary, start=1):
            text = raw.decode()
            yield text.removeprefix(BYTE_ORDER_MARK) if number == 1 else text
    except UnicodeDecodeError as error:
        at = f"line {number}, byte {error.start + 1}"
        raise UnreadableFile(f"{path}: {at}: expected UTF-8, found another encoding") from error
    except DAMAGED as error:
        raise UnreadableFile(f"{path}: damaged after line {number}: {error}") from error
