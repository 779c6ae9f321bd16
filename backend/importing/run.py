"""Imports what a reader yields: writes it in chunks, stores the refused rows, and counts both."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from backend.importing.outcomes import Refused, RefusedRows, Summary, Written


class Accepted(Protocol):
    """Something to be written, made of `rows` rows of the file."""

    @property
    def rows(self) -> int:
        """The number of rows."""

    @property
    def refused(self) -> Sequence[Refused]:
        """Further rows that belong to it and were refused."""

    @property
    def context(self) -> Sequence[Refused]:
        """The rows that are stored beside them, so that the file of refused rows can be imported."""


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
    refused = [*written.refused, *(row for thing in things for row in thing.refused)]
    lines = {row.line for row in written.refused}
    context = [row for thing in things for row in thing.context if row.line not in lines]
    rows = sum(thing.rows + len(thing.refused) for thing in things)
    summary.add(written)
    summary.read += rows
    _refuse(refused, summary=summary, refused_rows=refused_rows, context=context)
    advance(rows)


def _refuse(
    refused: Sequence[Refused],
    *,
    summary: Summary,
    refused_rows: RefusedRows,
    context: Sequence[Refused] = (),
) -> None:
    faulty = [row for row in refused if not row.is_left_out]
    summary.refused.update(row.reason for row in faulty)
    summary.left_out.update(row.reason for row in refused if row.is_left_out)
    # In the order of the file, because the first row of a product has what the others lack.
    refused_rows.add(sorted([*faulty, *context], key=lambda row: row.line))
