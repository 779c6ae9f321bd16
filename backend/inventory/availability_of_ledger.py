"""Derives when variants were available from the ledger and the reservations."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from backend.inventory.models import (
    LIVE,
    InventoryTransaction,
    Reservation,
    TransactionType,
)

Changes = dict[int, list[tuple[datetime, bool]]]
Effect = tuple[int, datetime, int]


def changes_in_ledger(variant_ids: Collection[int], *, until: datetime) -> Changes:
    """Return the times at which the variants became available (True) or ceased to be, in order (3 queries).

    It is exact except for units that a reservation gave back before it ended: their time isn't stored, so
    they count from its end, or not at all if it hasn't ended. Entries after `until` are ignored.
    """
    if not variant_ids:
        return {}
    effects: defaultdict[int, defaultdict[datetime, int]] = defaultdict(lambda: defaultdict(int))
    for variant_id, at, units in _effects(variant_ids):
        if at <= until:
            effects[variant_id][at] += units
    return {variant_id: list(_changes(by_time)) for variant_id, by_time in effects.items()}


def _changes(by_time: defaultdict[datetime, int]) -> Iterator[tuple[datetime, bool]]:
    available, units = False, 0
    for at in sorted(by_time):
        units += by_time[at]
        if (units > 0) != available:
            available = units > 0
            yield at, available


def _effects(variant_ids: Collection[int]) -> Iterator[Effect]:
    """Yield the changes of the available units, without regard to short reservations.

    While a reservation is short no unit is available, and the sum is negative by what is lacking.
    """
    yield from _of_ledger(variant_ids)
    reservations = Reservation.objects.filter(variant__in=variant_ids)
    for variant_id, created_at, quantity in reservations.values_list("variant_id", "created_at", "quantity"):
        yield variant_id, created_at, -quantity
    ended = reservations.exclude(state__in=LIVE).filter(released__gt=0)
    for variant_id, closed_at, released in ended.values_list("variant_id", "closed_at", "released"):
        if closed_at is not None:
            yield variant_id, closed_at, released


def _of_ledger(variant_ids: Collection[int]) -> "QuerySet[InventoryTransaction, Effect]":
    """Return the entries, except shipments of reserved units, which were not available before."""
    reserved = Reservation.objects.filter(
        variant=OuterRef("variant"), reference=OuterRef("reference"), fulfilled__gt=0
    )
    shipped = InventoryTransaction.objects.filter(
        Exists(reserved), variant__in=variant_ids, transaction_type=TransactionType.OUT
    )
    entries = InventoryTransaction.objects.filter(variant__in=variant_ids).exclude(
        pk__in=shipped.values("pk")
    )
    return entries.values_list("variant_id", "recorded_at", "effect")
