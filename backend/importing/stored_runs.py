"""Stores the runs of imports and their refused rows, which staff read in the admin."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from backend.importing.catalogue.row import IMPORTED
from backend.importing.models import ImportRun, RefusedRow
from backend.importing.outcomes import Refused, RefusedRows, Summary

KEPT = timedelta(days=365)
MOST_REFUSED = 1_000
"""How many refused rows of a run are stored; the file of refused rows has all of them."""
_LONGEST_CELL = 1_000


def begin_run(*, kind: str, file_name: str, total_rows: int, now: datetime) -> ImportRun:
    """Store a new run and return it; delete runs that are older than KEPT."""
    ImportRun.objects.filter(started_at__lt=now - KEPT).delete()
    return ImportRun.objects.create(
        kind=kind, file_name=file_name[-255:], total_rows=total_rows, started_at=now
    )


def end_run(run: ImportRun, *, summary: Summary, refused_file: Path | None, now: datetime) -> None:
    """Store the totals of a run that has read the whole file."""
    run.read_rows, run.refused_rows = summary.read, summary.refused.total()
    run.written = {f"{thing} {result}": count for (thing, result), count in summary.counts.items()}
    run.refused, run.left_out, run.remarks = map(
        _counts, (summary.refused, summary.left_out, summary.remarks)
    )
    run.refused_file = str(refused_file or "")
    run.finished_at = now
    run.save()


def _counts(reasons: Counter[str]) -> dict[str, int]:
    return dict(reasons.most_common())


class StoredRefusedRows(RefusedRows):
    """The file of refused rows, the first of which are stored in the database too."""

    def __init__(
        self, path: Path, *, columns: Sequence[str], delimiter: str, run: ImportRun, with_cells: bool
    ) -> None:
        """Store the rows of the run; their cells unless they may have personal data."""
        super().__init__(path, columns=columns, delimiter=delimiter)
        self._run, self._names = run, [_storable(name) for name in columns] if with_cells else []
        self._left = MOST_REFUSED

    def add(self, refused: Iterable[Refused]) -> None:
        """Write the rows to the file, and store the first ones."""
        rows = list(refused)
        super().add(rows)
        stored = RefusedRow.objects.bulk_create(
            RefusedRow(run=self._run, line=row.line, reason=row.reason, cells=self._cells(row))
            for row in islice((row for row in rows if row.reason != IMPORTED), self._left)
        )
        self._left -= len(stored)

    def _cells(self, row: Refused) -> dict[str, str]:
        named = zip(self._names, row.row, strict=False)
        return {name: _storable(cell[:_LONGEST_CELL]) for name, cell in named if cell}


def _storable(text: str) -> str:
    """Return the text without null characters, which databases can't store."""
    return text.replace("\0", "")
