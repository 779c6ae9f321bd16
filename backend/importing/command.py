"""The base of the import commands: arguments, progress, summary, refused rows, and the final wait."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from django.conf import settings
from django.core.management.base import CommandError, CommandParser
from django.db import DatabaseError, transaction
from django.utils import timezone
from tqdm import tqdm

from backend.api.commands import ShopCommand
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.importing.errors import FormatNotInstalled, UnreadableFile
from backend.importing.files import count_rows, open_table
from backend.importing.full_volumes import full_volume
from backend.importing.headers import Header
from backend.importing.models import ImportRun
from backend.importing.outcomes import Refused, RefusedRows, Summary, Written
from backend.importing.run import Item, run
from backend.importing.stored_runs import StoredRefusedRows, begin_run, end_run
from backend.importing.text import DELIMITERS, ENCODINGS, Dialect
from backend.outbox.catch_up import catch_up
from backend.outbox.errors import NotCaughtUp

WRONG_INPUT = 2
INTERRUPTED = 130

FileFormat = TypeVar("FileFormat")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob(Generic[Item]):
    """The import of a file with `total` rows: `read` yields its objects, and `write` writes them.

    `again` is the part of a message that says how to import corrected rows. `finish` is called when all rows
    are written. With `dry_run` the import isn't audited, neither the run nor refused rows are stored, and
    `write` must write nothing. The cells of refused rows are stored in the database unless the file
    `has_personal_data`.
    """

    path: Path
    total: int
    header: Header
    dialect: Dialect
    read: Callable[[Path], Iterator[Item | Refused]]
    write: Callable[[Sequence[Item]], Written]
    name: str
    now: datetime
    again: str = "with the same options"
    finish: Callable[[Summary], None] | None = None
    dry_run: bool = False
    has_personal_data: bool = False


class ImportCommand(ShopCommand, Generic[Item]):
    """A command that imports a file in chunks. To continue an interrupted import, run it again."""

    actor: ClassVar[Actor]
    formats: ClassVar[tuple[str, ...]]
    chunk_size: ClassVar[int]

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the format, the file, and whether to wait."""
        parser.add_argument("path", type=Path, help="the file: plain, or compressed with gzip or xz")
        parser.add_argument("--format", required=True, choices=self.formats, help="the format of the file")
        parser.add_argument(
            "--encoding", choices=ENCODINGS, help="the encoding of the file; UTF-8 and UTF-16 are recognised"
        )
        parser.add_argument(
            "--delimiter",
            choices=DELIMITERS,
            help="the separator of the columns; by default the one that fits the header best",
        )
        parser.add_argument(
            "--no-wait",
            action="store_true",
            help="don't wait until the search index and the warehouse are up to date; a relay updates them",
        )

    def execute(self, *arguments: Any, **options: Any) -> str | None:
        """Run the command.

        Raises:
            CommandError: a volume is full; the message names it.
        """
        try:
            return super().execute(*arguments, **options)
        except (OSError, sqlite3.Error, DatabaseError) as error:
            if (volume := full_volume(error)) is None:
                raise
            message = (
                f"the volume of {volume} is full. Free space on it, or make it larger; then run the command"
                " again, which skips what is already stored"
            )
            raise CommandError(message) from error

    def dialect_of(self, options: Mapping[str, Any]) -> Dialect:
        """Return the encoding and the delimiter that the options specify."""
        delimiter = options["delimiter"]
        return Dialect(encoding=options["encoding"], delimiter=DELIMITERS[delimiter] if delimiter else None)

    def format_of(self, find: Callable[[], FileFormat]) -> FileFormat:
        """Return the result of `find`.

        Raises:
            CommandError: the format is not part of this installation.
        """
        try:
            return find()
        except FormatNotInstalled as error:
            raise CommandError(str(error), returncode=WRONG_INPUT) from error

    def readable(self, read: Callable[[], Found]) -> Found:
        """Return the result of `read`, which reads the whole file.

        This is called before anything is written, so that a damaged file isn't imported in part.

        Raises:
            CommandError: the file can't be read, or has another header.
        """
        try:
            return read()
        except UnreadableFile as error:
            raise CommandError(str(error), returncode=WRONG_INPUT) from error

    def rows_in(self, path: Path, *, header: Header, dialect: Dialect) -> int:
        """Read the whole file and return how many rows it has.

        Raises:
            CommandError: it can't be read, or has another header.
        """
        return self.readable(partial(count_rows, path, header=header, dialect=dialect))

    def import_file(self, job: ImportJob[Item]) -> Summary:
        """Import the rows of a file, print a summary and return it.

        Raises:
            CommandError: the command was interrupted.
        """
        summary = Summary()
        with _interruptible(summary):
            stored = None if job.dry_run else self._begin(job)
            refused_rows = _refused_rows(job, stored=stored)
            with refused_rows, _progress(job) as progress:
                run(
                    job.read(job.path),
                    write=job.write,
                    chunk_size=self.chunk_size,
                    summary=summary,
                    refused_rows=refused_rows,
                    advance=progress.update,
                )
                if job.finish is not None:
                    job.finish(summary)
            if stored is not None:
                path = refused_rows.path if refused_rows else None
                end_run(stored, summary=summary, refused_file=path, now=timezone.now())
        for line in summary.lines():
            self.stdout.write(line)
        if refused_rows:
            self.stdout.write(f"correct the refused rows and import their file {job.again}")
            self.stdout.write(f"refused rows: {refused_rows.path}")
        return summary

    def _begin(self, job: ImportJob[Item]) -> ImportRun:
        """Record and store that the import begins."""
        with transaction.atomic():
            started = {"import": (None, job.name), "rows": (None, job.total)}
            record("importing.started", by=self.actor, subject=("file", job.path.name), changes=started)
            return begin_run(kind=job.name, file_name=job.path.name, total_rows=job.total, now=job.now)

    def wait(self, options: dict[str, Any]) -> None:
        """Wait until every subscriber has handled what was imported, unless `--no-wait` was given.

        Raises:
            CommandError: one of them failed or took too long.
        """
        if options["no_wait"]:
            return
        try:
            catch_up(progress=lambda name: self.stdout.write(f"up to date: {name}"))
        except NotCaughtUp as error:
            message = (
                f"everything is stored, but the index or the warehouse isn't up to date: {_one_line(error)}"
            )
            raise CommandError(f"{message}; a relay will update them") from error


def _refused_rows(job: ImportJob[Any], *, stored: ImportRun | None) -> RefusedRows:
    """Return where refused rows are stored: nowhere if the run isn't."""
    table = open_table(job.path, header=job.header, dialect=job.dialect)
    columns = table.names if job.header.whole_rows else job.header.required
    if stored is None:
        return RefusedRows(None, columns=columns, delimiter=table.delimiter)
    return StoredRefusedRows(
        settings.VITRINE_HOME / "imports" / f"{job.name}-{job.now:%Y%m%dT%H%M%S}.csv",
        columns=columns,
        delimiter=table.delimiter,
        run=stored,
        with_cells=not job.has_personal_data,
    )


def _progress(job: ImportJob[Any]) -> "tqdm[Any]":
    return tqdm(total=job.total, unit=" rows", unit_scale=True, desc=job.name, disable=None)


@contextmanager
def _interruptible(summary: Summary) -> Iterator[None]:
    """Tell the user how to continue an import that is interrupted.

    Raises:
        CommandError: the command was interrupted.
    """
    try:
        yield
    except KeyboardInterrupt as interrupt:
        message = f"stopped after {summary.read:,} rows, which are stored; run the command again to continue"
        raise CommandError(message, returncode=INTERRUPTED) from interrupt


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
