"""The result of an import: what was written, and which rows were refused."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from backend.importing.headers import OF_REFUSED_ROWS
from backend.importing.spreadsheets import escaped_cell


@dataclass(frozen=True, slots=True)
class Refused:
    """A row that was not imported; rows with the same fault have the same `reason`.

    If it `is_left_out`, it has no fault that could be corrected: the shop doesn't support what it describes.
    """

    line: int
    reason: str
    row: tuple[str, ...]
    is_left_out: bool = False


@dataclass(slots=True)
class Written:
    """The result of writing a chunk.

    `counts` are by kind of object and result, such as ("orders", "created"). `remarks` counts the objects
    that were imported only in part, by reason. `refused` are the rows that were refused while writing.
    """

    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    remarks: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Summary:
    """The totals of an import: rows read, objects by result, and rows refused or left out, by reason."""

    read: int = 0
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    remarks: Counter[str] = field(default_factory=Counter)

    def add(self, written: Written) -> None:
        """Count what was written; refused rows are counted where they are stored."""
        self.counts.update(written.counts)
        self.remarks.update(written.remarks)

    def lines(self) -> Iterator[str]:
        """Yield the lines of the summary."""
        yield f"{self.read:,} rows read"
        for thing in dict.fromkeys(thing for thing, _ in self.counts):
            parts = [f"{count:,} {result}" for (name, result), count in self.counts.items() if name == thing]
            yield f"{thing}: {', '.join(parts)}"
        for reason, count in self.remarks.most_common():
            yield f"{count:,} imported in part: {reason}"
        for result, reasons in (("left out", self.left_out), ("refused", self.refused)):
            if reasons:
                yield f"{reasons.total():,} rows {result}:"
            for reason, count in reasons.most_common():
                yield f"  {count:,} {reason}"


class RefusedRows:
    """A CSV file of refused rows with their line numbers and reasons, created when the first row is refused.

    Once corrected, it can be imported like the original file. Cells that spreadsheets would run as formulas
    are escaped.
    """

    def __init__(self, path: Path | None, *, columns: Sequence[str], delimiter: str = ",") -> None:
        """Use this path, or store nothing if it is None.

        The header and the delimiter are those of the file that the rows come from.
        """
        self.path = path
        self._delimiter = delimiter
        self._columns = columns
        self._file: IO[str] | None = None
        self._writer: Any = None

    def add(self, refused: Iterable[Refused]) -> None:
        """Write the rows."""
        if self.path is None:
            return
        for row in refused:
            if self._file is None:
                self._begin(self.path)
            self._writer.writerow((row.line, row.reason, *map(escaped_cell, row.row)))

    def _begin(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        # The byte order mark tells spreadsheets the encoding; import commands prefer it to --encoding.
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=self._delimiter)
        self._writer.writerow((*OF_REFUSED_ROWS, *self._columns))

    def __bool__(self) -> bool:
        """Return whether any row was refused."""
        return self._file is not None

    def __enter__(self) -> Self:
        """Return this object."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
