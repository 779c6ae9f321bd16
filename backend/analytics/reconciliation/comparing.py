"""Compares the warehouse with the ledger: totals by day, then the movements of the days that differ.

The shop may be running. What differs at first is read again, in an order that excludes what is under way: the
ledger, the messages that the subscriber has not handled, the warehouse, and the ledger once more. The
subscriber moves its cursor after the warehouse has stored the rows, so a movement that was in the ledger
before, and whose order has no unread message, must be in the warehouse afterwards. Movements never change, so
a row that only the warehouse had is compared with the last reading of the ledger.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from analytics_pipeline import facts
from analytics_pipeline.warehouse import Warehouse
from backend.analytics.reconciliation.differences import Differences, difference_of
from backend.analytics.reconciliation.movements import (
    MovementValues,
    Pair,
    differing,
    recorded_by_id,
    stored_by_id,
)
from backend.analytics.reconciliation.totals import Comparison, compare_totals
from backend.analytics.subscribers import OrderFacts
from backend.engines.warehouse import Migrated
from backend.outbox import selectors as outbox
from backend.outbox.topics import Topic

_PAIRS_AT_ONCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The result of a comparison."""

    movements: int
    """The movements of the ledger."""
    days: int
    totals: Sequence[Comparison]
    """The totals that differ, of days with differences."""
    found: Differences
    refused: Sequence[facts.RefusedMovement]

    @property
    def agrees(self) -> bool:
        """Whether nothing differs; movements that are pending don't count."""
        return not self.found.movements


def reconcile(warehouse: Warehouse) -> Result:
    """Compare the warehouse with the ledger; only days whose totals differ are read by movement.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the warehouse is not available.
    """
    compared = compare_totals(warehouse)
    refused = facts.waiting(warehouse)
    found = Differences()
    for day in sorted({total.ledger.day for total in compared if not total.agrees}):
        _compare_day(warehouse, day, refused={row.movement_id for row in refused}, found=found)
    return Result(
        movements=sum(total.ledger.movements for total in compared),
        days=len({total.ledger.day for total in compared}),
        totals=[total for total in compared if not total.agrees and found.days[total.ledger.day]],
        found=found,
        refused=refused,
    )


def _compare_day(warehouse: Warehouse, day: date, *, refused: set[int], found: Differences) -> None:
    pairs = differing(warehouse, day)
    while some := list(itertools.islice(pairs, _PAIRS_AT_ONCE)):
        pending = _pending(warehouse, [ledger for ledger, _ in some if ledger is not None])
        found.pending += len(pending)
        movements = [movement for movement in map(_id_of, some) if movement not in pending]
        stored = stored_by_id(warehouse, movements)
        recorded = recorded_by_id(movements)
        for movement in movements:
            ledger, rows = recorded.get(movement), stored.get(movement, [])
            if _belongs_to(day, ledger, rows):
                one = difference_of(movement, ledger=ledger, stored=rows, is_refused=movement in refused)
                if one is not None:
                    found.add(one)


def _id_of(pair: Pair) -> int:
    ledger, stored = pair
    values = ledger or stored
    if values is None:
        raise ValueError("neither side has the movement")
    return values.movement


def _belongs_to(day: date, ledger: MovementValues | None, stored: Sequence[MovementValues]) -> bool:
    """Return whether a difference is reported for this day; one row on a wrong day is, for the ledger's."""
    return ledger is None or ledger.day == day or len(stored) > 1


def _pending(warehouse: Warehouse, movements: Sequence[MovementValues]) -> set[int]:
    """Return the movements with a message that the subscriber of order facts hasn't handled."""
    position = outbox.cursor_position(OrderFacts(Migrated(warehouse)).name) or outbox.before_all()
    orders = _published(position, Topic.ORDER, {each.order for each in movements if each.order})
    single = _published(position, Topic.MOVEMENT, {each.movement for each in movements})
    return {each.movement for each in movements if each.order in orders or each.movement in single}


def _published(position: outbox.Position, topic: Topic, ids: set[int]) -> set[int]:
    keys = outbox.published_after(position, topic=topic, keys=[str(each) for each in ids])
    return {int(key) for key in keys}
