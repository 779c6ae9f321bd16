"""Changes to reservations: units are held, committed, shipped or released.

Each function takes all or nothing. It locks the variants by id and publishes the products whose available
units changed.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Case, F, QuerySet, Value, When
from django.db.models.expressions import Combinable

from backend.api.expressions import number_by_key
from backend.audit.actors import Actor
from backend.catalog.models import Variant
from backend.catalog.services import products_changed
from backend.inventory.errors import InsufficientStock, ReservationClosed
from backend.inventory.models import (
    LIVE,
    InventoryTransaction,
    Reservation,
    ReservationState,
    TransactionType,
)
from backend.inventory.services import Entry, lock_variants, row_of, shortages


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
    """Reserve units of locked variants (2 queries); the caller publishes the products.

    Raises:
        InsufficientStock: a variant has fewer units available.
    """
    wanted = number_by_key(units)
    rows = Variant.objects.filter(pk__in=units, stock__gte=F("reserved") + wanted)
    if rows.update(reserved=F("reserved") + wanted) < len(units):
        raise InsufficientStock(items=shortages(variants, wanted=units))
    reservations = Reservation.objects.bulk_create(
        Reservation(
            variant_id=variant_id, quantity=quantity, reference=reference, state=state, created_at=now
        )
        for variant_id, quantity in sorted(units.items())
    )
    return {reservation.variant_id: reservation for reservation in reservations}


def commit(reference: str) -> int:
    """Commit the reservations that are held for `reference`, and return how many; they no longer expire."""
    held = Reservation.objects.filter(reference=reference, state=ReservationState.HELD)
    return held.update(state=ReservationState.COMMITTED)


def release(
    reservation_ids: Collection[int], *, now: datetime, units: Mapping[int, int] | None = None
) -> None:
    """Release the live units, or only `units` (by reservation id), which makes them available again.

    Raises:
        ReservationClosed: a reservation has fewer live units.
    """
    with transaction.atomic():
        taken = _take(reservation_ids, units=units, counter="released", from_states=LIVE, now=now)
        by_variant = _by_variant(taken)
        Variant.objects.filter(pk__in=by_variant).update(reserved=F("reserved") - number_by_key(by_variant))
        products_changed({reservation.variant.product_id for reservation, _ in taken})


def fulfil(
    reservation_ids: Collection[int], *, by: Actor, now: datetime, units: Mapping[int, int] | None = None
) -> None:
    """Ship the live units, or only `units` (by reservation id): record OUT, decrease stock and reserved.

    The available units do not change, so nothing is published.

    Raises:
        ReservationClosed: a reservation is not committed, or has fewer live units.
    """
    with transaction.atomic():
        taken = _take(
            reservation_ids,
            units=units,
            counter="fulfilled",
            from_states=(ReservationState.COMMITTED,),
            now=now,
        )
        by_variant = _by_variant(taken)
        shipped = number_by_key(by_variant)
        Variant.objects.filter(pk__in=by_variant).update(
            stock=F("stock") - shipped, reserved=F("reserved") - shipped
        )
        entries = (
            Entry(
                variant_id=reservation.variant_id,
                transaction_type=TransactionType.OUT,
                quantity=quantity,
                reference=reservation.reference,
            )
            for reservation, quantity in taken
        )
        InventoryTransaction.objects.bulk_create(row_of(entry, by=by, now=now) for entry in entries)


def _take(
    reservation_ids: Collection[int],
    *,
    units: Mapping[int, int] | None,
    counter: str,
    from_states: Collection[ReservationState],
    now: datetime,
) -> list[tuple[Reservation, int]]:
    """Count the units as fulfilled or released, and return the reservations with their units."""
    rows = Reservation.objects.filter(pk__in=reservation_ids)
    reservations = list(rows.select_related("variant").order_by("pk"))
    lock_variants({reservation.variant_id for reservation in reservations})
    if units is None:
        units = {reservation.pk: reservation.live_units for reservation in reservations}
    if _count(rows.filter(state__in=from_states), units=units, counter=counter, now=now) < len(
        set(reservation_ids)
    ):
        raise ReservationClosed(reservation_ids=sorted(reservation_ids))
    return [(reservation, units[reservation.pk]) for reservation in reservations]


def _count(rows: "QuerySet[Reservation]", *, units: Mapping[int, int], counter: str, now: datetime) -> int:
    taken = number_by_key(units)
    used: Combinable = F("fulfilled") + F("released") + taken
    ended = When(quantity=used, then=Value(now))
    shipped_some = ReservationState.FULFILLED
    last = (
        Value(shipped_some)
        if counter == "fulfilled"
        else Case(When(fulfilled=0, then=Value(ReservationState.RELEASED)), default=Value(shipped_some))
    )
    return rows.filter(quantity__gte=used).update(
        **{counter: F(counter) + taken},
        state=Case(When(quantity=used, then=last), default=F("state")),
        closed_at=Case(ended, default=None),
    )


def _by_variant(taken: Sequence[tuple[Reservation, int]]) -> Counter[int]:
    units: Counter[int] = Counter()
    for reservation, quantity in taken:
        units[reservation.variant_id] += quantity
    return units
