"""Runs an import: writes the objects that a reader yields, stores the refused rows, and counts both."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

from backend.importing.outcomes import Refused, RefusedRows, Summary, Written


class Accepted(Protocol):
    """An object to write, which was read from `rows` rows of the file."""

    @property
    def rows(self) -> int:
        """The number of rows."""

    @property
    def refused(self) -> Sequence[Refused]:
        """Further rows of the object, which were refused."""

    @property
    def context(self) -> Sequence[Refused]:
        """The accepted rows that are stored with the refused ones, which can't be imported without them."""


Item = TypeVar("Item", bound=Accepted)


def run(
    outcomes: Iterable[Item | Refused],
    *,
    write: Callable[[Sequence[Item]], Written],
    chunk_size: int,
    summary: Summary,
    refused_rows: RefusedRows,
    advance: Callable[[int], object],
) -> None:
    """Write the objects that a reader yields, and store the rows that it refuses.

    `write` is called with up to `chunk_size` objects and writes them in one transaction. `advance` is called
    with the number of rows that were processed.
    """
    waiting: list[Item] = []
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
    items: Sequence[Item],
    *,
    write: Callable[[Sequence[Item]], Written],
    summary: Summary,
    refused_rows: RefusedRows,
    advance: Callable[[int], object],
) -> None:
    written = write(items)
    refused = [*written.refused, *(row for item in items for row in item.refused)]
    lines = {row.line for row in written.refused}
    context = [row for item in items for row in item.context if row.line not in lines]
    rows = sum(item.rows + len(item.refused) for item in items)
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
    # Sorted by line, because the first row of a product has fields that the others lack.
    refused_rows.add(sorted([*faulty, *context], key=lambda row: row.line))
