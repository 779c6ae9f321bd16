"""Compares the counters of stock with the rows that they count, and repairs them when asked to."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.models import Variant
from backend.catalog.services import products_changed
from backend.inventory.availability import CHUNK, changed, record_changes
from backend.inventory.services import lock_variants
from backend.inventory.short_reservations import fill

# A single statement, so that it reads all tables in the same state although stock moves meanwhile.
COMPARE = (Path(__file__).parent / "sql" / "stock_differences.sql").read_text()


@dataclass(frozen=True, slots=True)
class StockDifference:
    """A variant whose counters differ from the ledger or from its live reservations.

    `short` units are missing in reservations, which is a fault only while others are available.
    """

    variant_id: int
    sku: str
    stock: int
    ledger: int
    reserved: int
    reservations: int
    short: int

    @property
    def changes(self) -> dict[str, tuple[int, int]]:
        """The counters that differ, with their value and the sum of the rows that they count."""
        pairs = {"stock": (self.stock, self.ledger), "reserved": (self.reserved, self.reservations)}
        return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}

    @property
    def is_repairable(self) -> bool:
        """Whether the counters can have the values of the rows: more can't be reserved than is in stock."""
        return 0 <= self.reservations <= self.ledger


def stock_differences() -> list[StockDifference]:
    """Return the variants whose counters differ from the rows that they count; normally none (1 query)."""
    return _differences(only=None)


def repair(variant_id: int, *, by: Actor, now: datetime) -> StockDifference | None:
    """Set the variant's counters to the sums of its rows; return what differed, or None.

    This is exact while stock moves: the sums are read after the variant was locked, and every change of the
    rows changes the counters by the same numbers under this lock. Nothing is changed if `is_repairable` is
    false.
    """
    with transaction.atomic():
        variant = lock_variants([variant_id])[variant_id]
        found = _differences(only=variant_id)
        if not found or not found[0].is_repairable:
            return found[0] if found else None
        (difference,) = found
        Variant.unpublished.filter(pk=variant_id).update(
            stock=difference.ledger, reserved=difference.reservations
        )
        record("inventory.counters_repaired", by=by, subject=variant, changes=difference.changes)
        fill([variant_id], by=by, now=now)
        record_changes([variant_id], now=now)
        products_changed({variant.product_id})
    return difference


def record_all_changes(*, now: datetime) -> int:
    """Complete the history of availability of all variants; return how many rows were missing.

    Processes of earlier releases change stock without adding rows. Works while stock moves.
    """
    added = last = 0
    ids = Variant.objects.order_by("pk").values_list("pk", flat=True)
    while chunk := list(ids.filter(pk__gt=last)[:CHUNK]):
        with transaction.atomic():
            locked = lock_variants(ids.filter(pk__in=changed(chunk)))
            added += record_changes(locked, now=now)
        last = chunk[-1]
    return added


def _differences(*, only: int | None) -> list[StockDifference]:
    with connection.cursor() as cursor:
        cursor.execute(COMPARE, {"only": only})
        return [StockDifference(*row) for row in cursor.fetchall()]
