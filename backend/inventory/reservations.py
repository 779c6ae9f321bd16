"""Changes to reservations: units are held, committed, shipped or released.

Each function changes all the given reservations or none. It locks the variants by id and publishes the
products whose available units changed.
"""

import json
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path

from django.db import connection, transaction
from django.db.models import Case, F, Q, QuerySet, Value, When
from django.db.models.expressions import Combinable

from backend.api.expressions import number_by_key
from backend.api.rows import inserted
from backend.api.statements import statement
from backend.audit.actors import Actor
from backend.catalog.models import Variant
from backend.catalog.services import products_changed
from backend.inventory.availability import record_changes
from backend.inventory.errors import InsufficientStock, ReservationClosed, ReservationShort
from backend.inventory.models import (
    LIVE,
    InventoryTransaction,
    Reservation,
    ReservationState,
    TransactionType,
)
from backend.inventory.services import Entry, lock_variants, row_of, shortages
from backend.inventory.short_reservations import fill, forget

SQL = Path(__file__).parent / "sql"


def reserve(
    units: Mapping[int, int],
    *,
    reference: str,
    now: datetime,
    state: ReservationState = ReservationState.COMMITTED,
) -> dict[int, Reservation]:
    """Reserve `units` (by variant id) and return the reservations by variant id.

    Raises:
        VariantNotFound: a variant doesn't exist.
        InsufficientStock: a variant has fewer units available.
    """
    with transaction.atomic():
        variants = lock_variants(units)
        reservations = reserve_locked(variants, units=units, reference=reference, now=now, state=state)
        products_changed({variant.product_id for variant in variants.values()})
    return reservations


def reserve_locked(
    variants: Mapping[int, Variant],
    *,
    units: Mapping[int, int],
    reference: str,
    now: datetime,
    state: ReservationState,
) -> dict[int, Reservation]:
    """Reserve units of locked variants (2 queries, more if one is sold out); the caller publishes products.

    Raises:
        InsufficientStock: a variant has fewer units available.
    """
    with connection.cursor() as cursor:
        cursor.execute(statement(SQL, "reserve"), [json.dumps(units)])
        reserved = cursor.rowcount
    if reserved < len(units):
        raise InsufficientStock(items=shortages(variants, wanted=units))
    reservations = inserted(
        Reservation(
            variant_id=variant_id, quantity=quantity, reference=reference, state=state, created_at=now
        )
        for variant_id, quantity in sorted(units.items())
    )
    sold_out = [pk for pk, quantity in units.items() if variants[pk].available <= quantity]
    if sold_out:
        record_changes(sold_out, now=now)
    return {reservation.variant_id: reservation for reservation in reservations}


def commit(reference: str) -> int:
    """Commit the reservations that are held for `reference`, and return how many; they no longer expire."""
    held = Reservation.objects.filter(reference=reference, state=ReservationState.HELD)
    return held.update(state=ReservationState.COMMITTED)


def release(
    reservation_ids: Collection[int], *, by: Actor, now: datetime, units: Mapping[int, int] | None = None
) -> None:
    """Release the live units, or only `units` (by reservation id), short ones first.

    Units that were held become available again, unless another reservation is short of them.

    Raises:
        ReservationClosed: a reservation has fewer live units.
    """
    with transaction.atomic():
        reservations = _locked(reservation_ids)
        taken = _units_of(reservations, units=units)
        missing = {one: min(one.short, taken[one.pk]) for one in reservations if one.short and taken[one.pk]}
        forget(missing, by=by, now=now)
        _take(reservations, units=taken, counter="released", from_states=LIVE, now=now)
        held = {one.pk: taken[one.pk] - missing.get(one, 0) for one in reservations}
        by_variant = _by_variant(reservations, units=held)
        rows = Variant.unpublished.filter(pk__in=by_variant)
        rows.update(reserved=F("reserved") - number_by_key(by_variant))
        fill(by_variant, by=by, now=now)
        if sold_out := {one.variant_id for one in reservations if not one.variant.available}:
            record_changes(sold_out, now=now)
        products_changed({reservation.variant.product_id for reservation in reservations})


def fulfil(
    reservation_ids: Collection[int], *, by: Actor, now: datetime, units: Mapping[int, int] | None = None
) -> None:
    """Ship the live units, or only `units` (by reservation id): record OUT, decrease stock and reserved.

    The available units do not change, so nothing is published.

    Raises:
        ReservationClosed: a reservation is not committed, or has fewer live units.
        ReservationShort: some of the units were damaged and not replaced yet.
    """
    with transaction.atomic():
        reservations = _locked(reservation_ids)
        taken = _units_of(reservations, units=units)
        _require_held(reservations, units=taken)
        committed = (ReservationState.COMMITTED,)
        _take(reservations, units=taken, counter="fulfilled", from_states=committed, now=now)
        by_variant = _by_variant(reservations, units=taken)
        shipped = number_by_key(by_variant)
        Variant.unpublished.filter(pk__in=by_variant).update(
            stock=F("stock") - shipped, reserved=F("reserved") - shipped
        )
        entries = (
            Entry(
                variant_id=reservation.variant_id,
                transaction_type=TransactionType.OUT,
                quantity=taken[reservation.pk],
                reference=reservation.reference,
            )
            for reservation in reservations
        )
        InventoryTransaction.objects.bulk_create(row_of(entry, by=by, now=now) for entry in entries)


def _locked(reservation_ids: Collection[int]) -> list[Reservation]:
    """Lock the variants of the reservations, and return the reservations with their variants."""
    rows = Reservation.objects.filter(pk__in=reservation_ids)
    lock_variants(set(rows.values_list("variant_id", flat=True)))
    return list(rows.select_related("variant").order_by("pk"))


def _units_of(reservations: Sequence[Reservation], *, units: Mapping[int, int] | None) -> Mapping[int, int]:
    return {one.pk: one.live_units for one in reservations} if units is None else units


def _require_held(reservations: Sequence[Reservation], *, units: Mapping[int, int]) -> None:
    items = [
        {
            "variant_id": one.variant_id,
            "sku": one.variant.sku,
            "requested": units[one.pk],
            "held": one.held_units,
            "short": one.short,
        }
        for one in reservations
        if one.short and one.held_units < units[one.pk]
    ]
    if items:
        raise ReservationShort(items=items)


def _take(
    reservations: Sequence[Reservation],
    *,
    units: Mapping[int, int],
    counter: str,
    from_states: Collection[ReservationState],
    now: datetime,
) -> None:
    """Count the units as fulfilled or released."""
    rows = Reservation.objects.filter(pk__in=units, state__in=from_states)
    if _count(rows, units=units, counter=counter, now=now) < len(units):
        raise ReservationClosed(reservation_ids=sorted(units))


def _count(rows: "QuerySet[Reservation]", *, units: Mapping[int, int], counter: str, now: datetime) -> int:
    taken = number_by_key(units)
    used: Combinable = F("fulfilled") + F("released") + taken
    # A short unit can't be shipped; `forget` was called for those that are released.
    allowed = Q(quantity__gte=used + F("short"))
    ended = When(quantity=used, then=Value(now))
    shipped_some = ReservationState.FULFILLED
    last = (
        Value(shipped_some)
        if counter == "fulfilled"
        else Case(When(fulfilled=0, then=Value(ReservationState.RELEASED)), default=Value(shipped_some))
    )
    return rows.filter(allowed).update(
        **{counter: F(counter) + taken},
        state=Case(When(quantity=used, then=last), default=F("state")),
        closed_at=Case(ended, default=None),
    )


def _by_variant(reservations: Sequence[Reservation], *, units: Mapping[int, int]) -> Counter[int]:
    by_variant: Counter[int] = Counter()
    for reservation in reservations:
        by_variant[reservation.variant_id] += units[reservation.pk]
    return by_variant
