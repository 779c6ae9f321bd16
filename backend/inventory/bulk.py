"""Imports stock counts, and past inventory transactions and reservations."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from django.db import connection, transaction
from django.db.models import F

from backend.api.bulk_rows import insert_objects
from backend.api.expressions import number_by_key
from backend.api.statements import statement
from backend.audit.actors import Actor
from backend.catalog.models import Variant
from backend.catalog.services import products_changed
from backend.inventory.availability import record_changes
from backend.inventory.ledger import effect_of
from backend.inventory.models import InventoryTransaction, Reservation, ReservationState, TransactionType
from backend.inventory.services import lock_variants
from backend.inventory.short_reservations import fill

CHUNK = 1_000
SQL = Path(__file__).parent / "sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class PastEntry:
    """A past transaction; see InventoryTransaction for the sign of `quantity`."""

    variant_id: int
    transaction_type: TransactionType
    quantity: int
    recorded_at: datetime
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReservation:
    """A past reservation; open if `closed_at` is None."""

    variant_id: int
    quantity: int
    state: ReservationState
    reference: str
    created_at: datetime
    closed_at: datetime | None = None


def record_past(entries: Sequence[PastEntry]) -> None:
    """Store the transactions in chronological order, and change the variants' stock by their sum.

    For new variants: none of their reservations may be short. After the last call, and that of
    `reserve_past`, the caller records the history of their availability (`availability.record_changes`).

    Raises:
        InvalidInput: a quantity does not match its type.
        IntegrityError: a variant's stock would fall below zero or below its reserved units.
    """
    rows = [
        InventoryTransaction(
            variant_id=entry.variant_id,
            transaction_type=entry.transaction_type,
            quantity=entry.quantity,
            effect=effect_of(entry.transaction_type, quantity=entry.quantity),
            reference=entry.reference,
            recorded_at=entry.recorded_at,
        )
        for entry in sorted(entries, key=lambda entry: entry.recorded_at)
    ]
    effects: Counter[int] = Counter()
    for row in rows:
        effects[row.variant_id] += row.effect
    with transaction.atomic():
        insert_objects(rows)
        _increase("stock", by=effects)


def record_differences(differences: Mapping[int, int], *, reference: str, by: Actor, now: datetime) -> None:
    """Record differences from the stock of variants, which the caller has locked.

    A positive difference is recorded as IN and goes to short reservations first, a negative one as
    ADJUSTMENT. The caller publishes the products.

    Raises:
        IntegrityError: a variant's stock would fall below its reserved units.
    """
    rows = [
        InventoryTransaction(
            variant_id=variant_id,
            transaction_type=TransactionType.IN if units > 0 else TransactionType.ADJUSTMENT,
            quantity=units,
            effect=units,
            reference=reference,
            recorded_by_id=by.user_id,
            recorded_at=now,
        )
        for variant_id, units in sorted(differences.items())
    ]
    with transaction.atomic():
        insert_objects(rows)
        with connection.cursor() as cursor:
            cursor.execute(statement(SQL, "change_stock"), [json.dumps(differences)])
        fill([variant_id for variant_id, units in differences.items() if units > 0], by=by, now=now)
        record_changes(differences, now=now)


def reserve_past(reservations: Sequence[PastReservation]) -> list[Reservation]:
    """Store the reservations and return them in the same order; open ones increase `reserved`.

    Raises:
        IntegrityError: more units would be reserved than are in stock.
    """
    held: Counter[int] = Counter()
    for reservation in reservations:
        if reservation.state == ReservationState.COMMITTED:
            held[reservation.variant_id] += reservation.quantity
    with transaction.atomic():
        _increase("reserved", by=held)
        return Reservation.objects.bulk_create(
            Reservation(
                variant_id=reservation.variant_id,
                quantity=reservation.quantity,
                state=reservation.state,
                reference=reservation.reference,
                fulfilled=_units_if(reservation, state=ReservationState.FULFILLED),
                released=_units_if(reservation, state=ReservationState.RELEASED),
                created_at=reservation.created_at,
                closed_at=reservation.closed_at,
            )
            for reservation in reservations
        )


def _units_if(reservation: PastReservation, *, state: ReservationState) -> int:
    return reservation.quantity if reservation.state == state else 0


def _increase(column: Literal["stock", "reserved"], *, by: Mapping[int, int]) -> None:
    variant_ids = sorted(by)
    for start in range(0, len(variant_ids), CHUNK):
        chunk = {variant_id: by[variant_id] for variant_id in variant_ids[start : start + CHUNK]}
        variants = lock_variants(chunk)
        Variant.unpublished.filter(pk__in=chunk).update(**{column: F(column) + number_by_key(chunk)})
        products_changed({variant.product_id for variant in variants.values()})
