"""Imports what a reader yields: writes it in chunks, stores the refused rows, and counts both."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from backend.importing.outcomes import Refused, RefusedRows, Summary, Written


class Accepted(Protocol):
    """Something to be written, made of `rows` rows of the file."""

    @property
    def rows(self) -> int:
        """The number of rows."""


Thing = TypeVar("Thing", bound=Accepted)


def run(
    outcomes: Iterable[Thing | Refused],
    *,
    write: Callable[[Sequence[Thing]], Written],
    chunk_size: int,
    summary: Summary,
    refused_rows: RefusedRows,
    advance: Callable[[int], object],
) -> None:
    """Write what a reader yields, and store the rows that it refuses.

    `write` is called with up to `chunk_size` things and writes them in one transaction. `advance` is called
    with the number of rows that were processed.
    """
    waiting: list[Thing] = []
    for outcome in outcomes:
        if isinstance(outcome, Refused):
            _refuse([outcome], summary=summary, refused_rows=refused_rows)
            summary.read += 1
            advance(1)
            continue
        waiting.append(outcome)
        if len(waiting) == chunk_size:
            _write(waiting, write=write, summary=summary, refused_rows=refused_rows, advance=advance)
            waiting = []
    if waiting:
        _write(waiting, write=write, summary=summary, refused_rows=refused_rows, advance=advance)


def _write(
    things: Sequence[Thing],
    *,
    write: Callable[[Sequence[Thing]], Written],
    summary: Summary,
    refused_rows: RefusedRows,
    advance: Callable[[int], object],
) -> None:
    written = write(things)
    rows = sum(thing.rows for thing in things)
    summary.add(written)
    summary.read += rows
    _refuse(written.refused, summary=summary, refused_rows=refused_rows)
    advance(rows)


def _refuse(refused: Sequence[Refused], *, summary: Summary, refused_rows: RefusedRows) -> None:
    summary.refused.update(row.reason for row in refused)
    refused_rows.add(refused)
