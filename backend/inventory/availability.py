"""The history of availability: a row for each time at which a variant became available, or ceased to be.

Services that changed the stock or the reservations of locked variants call `record_changes` in the same
transaction. It compares the variants with their last rows, whatever was changed and how.
docs/decisions/lost-demand.md says what the history is for.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import OuterRef, Subquery

from backend.catalog.models import Variant
from backend.inventory.availability_of_ledger import changes_in_ledger
from backend.inventory.models import AvailabilityChange, InventoryTransaction
from backend.outbox.services import publish_many
from backend.outbox.topics import Topic

CHUNK = 500


@dataclass(frozen=True, slots=True)
class _State:
    """Whether a variant is available, and its last row, if it has any."""

    variant_id: int
    is_available: bool
    known: bool | None
    known_since: datetime | None


def record_changes(variant_ids: Collection[int], *, now: datetime) -> int:
    """Add a row for each locked variant whose availability differs from its last row; return how many.

    A variant without rows gets its history from the ledger, for stock of releases that recorded none. A row
    is never earlier than the variant's last one: transactions take their time before they wait for the lock.
    """
    ordered = sorted(variant_ids)
    added = 0
    with transaction.atomic():
        for start in range(0, len(ordered), CHUNK):
            states = _states(ordered[start : start + CHUNK])
            made = AvailabilityChange.objects.bulk_create(_missing(states, now=now))
            publish_many(Topic.AVAILABILITY, [row.pk for row in made])
            added += len(made)
    return added


def changed(variant_ids: Collection[int]) -> list[int]:
    """Return those of the variants whose rows are not complete (2 queries)."""
    states = _states(variant_ids)
    unknown = [state.variant_id for state in states if state.known is None]
    stocked = InventoryTransaction.objects.filter(variant__in=unknown, effect__gt=0).values_list("variant")
    without_rows = {variant_id for (variant_id,) in stocked.distinct()}
    return [
        state.variant_id
        for state in states
        if bool(state.known) != state.is_available or state.variant_id in without_rows
    ]


def _states(variant_ids: Collection[int]) -> list[_State]:
    last = AvailabilityChange.objects.filter(variant=OuterRef("pk")).order_by("-pk")
    rows = (
        Variant.objects.filter(pk__in=variant_ids)
        .annotate(
            known=Subquery(last.values("is_available")[:1]),
            known_since=Subquery(last.values("changed_at")[:1]),
        )
        .order_by("pk")
        .values_list("pk", "stock", "reserved", "known", "known_since")
    )
    return [_State(pk, stock > reserved, known, since) for pk, stock, reserved, known, since in rows]


def _missing(states: Sequence[_State], *, now: datetime) -> Iterator[AvailabilityChange]:
    derived = changes_in_ledger([state.variant_id for state in states if state.known is None], until=now)
    for state in states:
        known, since = bool(state.known), state.known_since
        for at, known in derived.get(state.variant_id, ()):
            yield AvailabilityChange(variant_id=state.variant_id, is_available=known, changed_at=at)
            since = at
        if known != state.is_available:
            at = now if since is None else max(now, since)
            yield AvailabilityChange(
                variant_id=state.variant_id, is_available=state.is_available, changed_at=at
            )
