"""What the import commands share: arguments, progress, summary, the rows refused, and the wait at the end."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Generic, TypeVar

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from tqdm import tqdm

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.importing.errors import FormatNotInstalled, UnreadableFile
from backend.importing.files import Header, count_rows, open_table
from backend.importing.outcomes import Refused, RefusedRows, Summary, Written
from backend.importing.run import Thing, run
from backend.outbox.catch_up import catch_up
from backend.outbox.errors import NotCaughtUp

WRONG_INPUT = 2
INTERRUPTED = 130

FileFormat = TypeVar("FileFormat")


class ImportCommand(BaseCommand, Generic[Thing]):
    """A command that takes over a file; what it wrote stays written, and running it again goes on."""

    actor: ClassVar[Actor]
    formats: ClassVar[tuple[str, ...]]
    chunk_size: ClassVar[int]

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the format, the file, and whether to wait."""
        parser.add_argument("path", type=Path, help="the file: plain, or compressed with gzip or xz")
        parser.add_argument("--format", required=True, choices=self.formats, help="what the file is")
        parser.add_argument(
            "--no-wait",
            action="store_true",
            help="do not bring the search index and the warehouse up to date; a running relay will",
        )

    def format_of(self, find: Callable[..., FileFormat], name: str) -> FileFormat:
        """Return the format called `name`, which `find` finds.

        Raises:
            CommandError: it is not part of this installation.
        """
        try:
            return find(name, currency=settings.DEFAULT_CURRENCY)
        except FormatNotInstalled as error:
            raise CommandError(str(error), returncode=WRONG_INPUT) from error

    def rows_in(self, path: Path, *, header: Header) -> int:
        """Return how many rows the file has, having read it to its end.

        This comes before anything is written, so that a file which can't be read is not taken over in part.

        Raises:
            CommandError: it can't be read, or has another header.
        """
        try:
            return count_rows(path, header=header)
        except UnreadableFile as error:
            raise CommandError(str(error), returncode=WRONG_INPUT) from error

    def take_over(
        self,
        path: Path,
        *,
        total: int,
        header: Header,
        read: Callable[[Path], Iterator[Thing | Refused]],
        write: Callable[[Sequence[Thing]], Written],
        name: str,
        now: datetime,
    ) -> Summary:
        """Return what became of the `total` rows of the file; says it on standard output as well.

        Raises:
            CommandError: the command was interrupted.
        """
        summary = Summary()
        with transaction.atomic():
            started = {"import": (None, name), "rows": (None, total)}
            record("importing.started", by=self.actor, subject=("file", path.name), changes=started)
        refused_path = settings.VITRINE_HOME / "imports" / f"{name}-{now:%Y%m%dT%H%M%S}.csv"
        # A row of our own format can be mended and imported again, so it keeps every column in its place;
        # of other formats the columns that are read are kept.
        columns = open_table(path, header=header).columns if header.closed else header.required
        try:
            with (
                RefusedRows(refused_path, columns=columns) as refused_rows,
                tqdm(total=total, unit=" rows", unit_scale=True, desc=name, disable=None) as progress,
            ):
                run(
                    read(path),
                    write=write,
                    chunk_size=self.chunk_size,
                    summary=summary,
                    refused_rows=refused_rows,
                    advance=progress.update,
                )
        except KeyboardInterrupt as interrupt:
            message = f"stopped after {summary.read:,} rows, which are stored; run it again to go on"
            raise CommandError(message, returncode=INTERRUPTED) from interrupt
        for line in summary.lines():
            self.stdout.write(line)
        if refused_rows:
            self.stdout.write(f"refused rows: {refused_rows.path}")
        return summary

    def wait(self, options: dict[str, Any]) -> None:
        """Bring every subscriber up to date, unless the caller does not care to wait.

        Raises:
            CommandError: one of them did not get there.
        """
        if options["no_wait"]:
            return
        try:
            catch_up(progress=lambda name: self.stdout.write(f"up to date: {name}"))
        except NotCaughtUp as error:
            message = f"everything is stored, but not everybody has heard of it: {_one_line(error)}"
            raise CommandError(f"{message}; a running relay goes on with it") from error


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
