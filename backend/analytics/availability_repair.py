"""Compares the warehouse's copy of the history of availability with the database, and makes it equal.

The shop may be running, and a repair that is killed can be repeated, for the reasons that
docs/decisions/order-facts.md gives: rows of the warehouse are read before the database is checked for them,
and only rows that were read are deleted, by their id and version.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics_pipeline import facts
from analytics_pipeline.warehouse import Warehouse, microseconds
from backend.analytics import projections
from backend.inventory.models import AvailabilityChange

_BATCH = 20_000
_LAST_ID = 2**63 - 1
_STORED = """
SELECT {columns}, version
FROM availability_changes FINAL
WHERE change_id > {{after:UInt64}} AND change_id <= {{last:UInt64}}
""".format(columns=", ".join(projections.AVAILABILITY_COLUMNS))

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class AvailabilityDifferences:
    """How many changes the warehouse lacked or had differently, and how many the database doesn't have."""

    missing: int
    surplus: int


@dataclass(frozen=True, slots=True)
class _Batch:
    """Rows to write, and the ids and versions of rows to delete."""

    missing: list[Row]
    surplus: list[tuple[int, int]]


def compare_availability(warehouse: Warehouse, *, clock: Callable[[], datetime]) -> AvailabilityDifferences:
    """Return how many rows differ; messages that the relay hasn't delivered yet count as missing."""
    return _counted(_differences(warehouse, clock=clock))


def repair_availability(warehouse: Warehouse, *, clock: Callable[[], datetime]) -> AvailabilityDifferences:
    """Make the warehouse's rows equal to the database's; return how many differed."""

    def repaired() -> Iterator[_Batch]:
        for batch in _differences(warehouse, clock=clock):
            names = (*projections.AVAILABILITY_COLUMNS, "version")
            if batch.missing:
                columns = dict(zip(names, zip(*batch.missing, strict=True), strict=True))
                warehouse.insert("availability_changes", columns)
            facts.remove_availability(warehouse, batch.surplus)
            yield batch

    return _counted(repaired())


def _counted(batches: Iterator[_Batch]) -> AvailabilityDifferences:
    missing = surplus = 0
    for batch in batches:
        missing, surplus = missing + len(batch.missing), surplus + len(batch.surplus)
    return AvailabilityDifferences(missing, surplus)


def _differences(warehouse: Warehouse, *, clock: Callable[[], datetime]) -> Iterator[_Batch]:
    after = 0
    while after < _LAST_ID:
        changes = AvailabilityChange.objects.filter(pk__gt=after).order_by("pk")
        ids = list(changes.values_list("pk", flat=True)[:_BATCH])
        last = ids[-1] if len(ids) == _BATCH else _LAST_ID
        rows = warehouse.table(_STORED, {"after": after, "last": last})[1]
        stored = {row[0]: (tuple(row[:-1]), row[-1]) for row in rows}
        # The version is drawn before the database is read, so that a copy that the relay reads later wins.
        version = microseconds(clock())
        within = AvailabilityChange.objects.filter(pk__gt=after, pk__lte=last).order_by("pk")
        columns = projections.availability_changes(within, version=version)
        expected = list(zip(*(columns[name] for name in projections.AVAILABILITY_COLUMNS), strict=True))
        yield _Batch(
            missing=list(_missing(expected, stored, version=version)),
            surplus=[(key, stored[key][1]) for key in sorted(stored.keys() - {row[0] for row in expected})],
        )
        after = last


def _missing(expected: Sequence[Row], stored: dict[int, tuple[Row, int]], *, version: int) -> Iterator[Row]:
    for row in expected:
        values, stored_version = stored.get(row[0], (None, 0))
        if values != row:
            yield (*row, max(version, stored_version + 1))
