"""Writes the ledger's movements to the warehouse: as order facts, and sales also as events."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from analytics_pipeline import facts, ingest
from analytics_pipeline.facts import FactColumns, RefusedMovement
from analytics_pipeline.warehouse import Warehouse, microseconds
from backend.analytics import order_events, projections
from backend.orders.models import Movement


@dataclass(frozen=True, slots=True)
class ReplayedMovements:
    """How many refused movements were stored, were refused again, or no longer exist in the ledger."""

    stored: int
    refused: int
    gone: int


def write_facts(
    warehouse: Warehouse, movements: QuerySet[Movement], *, clock: Callable[[], datetime]
) -> list[RefusedMovement]:
    """Write the movements, and return those that the warehouse refuses."""
    # The version is drawn before the rows are read, so that of two writers the later reader's version is
    # higher.
    version = microseconds(clock())
    return write_columns(warehouse, projections.order_facts(movements, version=version))


def write_columns(warehouse: Warehouse, columns: FactColumns) -> list[RefusedMovement]:
    """Write `columns` to `order_facts` and sales also as events; return the movements that are refused."""
    refused = facts.store(warehouse, columns)
    ingest.load(warehouse, order_events.of_facts(facts.without(columns, refused)))
    return refused


def replay_refused(warehouse: Warehouse, *, clock: Callable[[], datetime]) -> ReplayedMovements:
    """Write the refused movements again with their current values in the ledger."""
    waiting = [row.movement_id for row in facts.waiting(warehouse)]
    refused = write_facts(warehouse, Movement.objects.filter(pk__in=waiting), clock=clock)
    gone = _not_in_ledger(waiting)
    facts.forget(warehouse, gone)
    stored = len(waiting) - len(refused) - len(gone)
    return ReplayedMovements(stored=stored, refused=len(refused), gone=len(gone))


def _not_in_ledger(movement_ids: Sequence[int]) -> list[int]:
    present = set(Movement.objects.filter(pk__in=movement_ids).values_list("pk", flat=True))
    return [movement for movement in movement_ids if movement not in present]
