"""Reservations that lack units, because units that were held for them were damaged.

Damage takes available units first, then those of reservations: HELD before COMMITTED, the newest first. Units
that arrive or are released go to short reservations first: COMMITTED before HELD, the oldest first. So the
first orders are shipped first, and a variant with a short reservation has no available units.

Every change of a reservation's `short` is a row of ReservationShortage, a fact message and an entry in the
audit log. The callers hold the locks of the variants, and publish the products.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import F, QuerySet

from backend.api.expressions import number_by_key
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.catalog.models import Variant
from backend.inventory.models import LIVE, Reservation, ReservationShortage, ReservationState
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic


def take_held_units(units: Mapping[int, int], *, by: Actor, now: datetime) -> None:
    """Take units (by variant id) from reservations, which are then short; the caller reduces the stock.

    The caller has locked the variants, which have at least as many reserved units.
    """
    rows = Reservation.objects.filter(variant_id__in=units, state__in=LIVE)
    losing = sorted(_locked(rows), key=_fills_first, reverse=True)
    taken = _shares(losing, units=units, most={one.pk: one.held_units for one in losing})
    _change(losing, by_units=taken, by=by, now=now)
    Variant.unpublished.filter(pk__in=units).update(reserved=F("reserved") - number_by_key(units))


def fill(variant_ids: Collection[int], *, by: Actor, now: datetime) -> None:
    """Give available units of the locked variants to short reservations (1 query if none are short)."""
    short = sorted(
        _locked(Reservation.objects.filter(variant_id__in=variant_ids, short__gt=0)), key=_fills_first
    )
    if not short:
        return
    concerned = {reservation.variant_id for reservation in short}
    variants = Variant.objects.filter(pk__in=concerned, stock__gt=F("reserved"))
    available = dict(variants.values_list("pk", F("stock") - F("reserved")))
    given = _shares(short, units=available, most={one.pk: one.short for one in short})
    if not given:
        return
    _change(short, by_units={pk: -number for pk, number in given.items()}, by=by, now=now)
    by_variant: defaultdict[int, int] = defaultdict(int)
    for reservation in short:
        by_variant[reservation.variant_id] += given.get(reservation.pk, 0)
    filled = {pk: number for pk, number in by_variant.items() if number}
    Variant.unpublished.filter(pk__in=filled).update(reserved=F("reserved") + number_by_key(filled))


def forget(units: Mapping[Reservation, int], *, by: Actor, now: datetime) -> None:
    """Reduce the short units of locked reservations by `units`, which are not needed any more."""
    _change(list(units), by_units={one.pk: -number for one, number in units.items()}, by=by, now=now)


def _locked(rows: QuerySet[Reservation]) -> list[Reservation]:
    return list(rows.select_for_update(of=("self",), no_key=True).order_by("pk"))


def _fills_first(reservation: Reservation) -> tuple[bool, datetime, int]:
    is_held = reservation.state == ReservationState.HELD
    return is_held, reservation.created_at, reservation.pk


def _shares(
    reservations: Iterable[Reservation], *, units: Mapping[int, int], most: Mapping[int, int]
) -> dict[int, int]:
    """Divide `units` (by variant id) among the reservations in order; return the shares by reservation."""
    left = dict(units)
    shares = {}
    for reservation in reservations:
        share = min(left.get(reservation.variant_id, 0), most[reservation.pk])
        if share > 0:
            shares[reservation.pk] = share
            left[reservation.variant_id] -= share
    return shares


def _change(
    reservations: Collection[Reservation], *, by_units: Mapping[int, int], by: Actor, now: datetime
) -> None:
    changed = [reservation for reservation in reservations if by_units.get(reservation.pk)]
    Reservation.objects.filter(pk__in=[one.pk for one in changed]).update(
        short=F("short") + number_by_key({one.pk: by_units[one.pk] for one in changed})
    )
    rows = ReservationShortage.objects.bulk_create(
        ReservationShortage(
            reservation=one, previous_short=one.short, short=one.short + by_units[one.pk], created_at=now
        )
        for one in changed
    )
    publish_many(Topic.RESERVATION_SHORT, [row.pk for row in rows])
    _audit(rows, by=by)
    for row in rows:
        row.reservation.short = row.short


def _audit(rows: Iterable[ReservationShortage], *, by: Actor) -> None:
    changes: defaultdict[int, dict[str, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        name = f"short for {row.reservation.reference}"
        changes[row.reservation.variant_id][name] = (row.previous_short, row.short)
    for variant_id, by_order in changes.items():
        subject = (Variant._meta.label, str(variant_id))
        record("inventory.reservations_short", by=by, subject=subject, changes=by_order)
