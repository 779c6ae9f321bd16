"""How movements differ, and the orders that they belong to."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from backend.analytics.reconciliation.movements import MovementValues
from backend.orders.models import MovementKind

MOST_ORDERS = 1_000
MOST_MOVEMENTS_OF_AN_ORDER = 20


class Problem(StrEnum):
    """How a movement differs in the warehouse."""

    MISSING = "missing"
    """The ledger has it, the warehouse doesn't."""
    EXTRA = "extra"
    """The warehouse has it, the ledger doesn't."""
    DUPLICATE = "duplicate"
    """The warehouse has it more than once."""
    REFUSED = "refused"
    """The warehouse refused to store it."""
    STATUS = "status"
    """Its kind differs, or only one side has the cancellation, return or refund."""
    AMOUNT = "amount"
    QUANTITY = "quantity"
    CURRENCY = "currency"
    DAY = "day"
    ORDER = "order"
    PRODUCT = "product"


_FIELDS = {
    Problem.STATUS: "kind",
    Problem.AMOUNT: "amount",
    Problem.QUANTITY: "quantity",
    Problem.CURRENCY: "currency",
    Problem.DAY: "day",
    Problem.ORDER: "order",
    Problem.PRODUCT: "product",
}


@dataclass(frozen=True, slots=True)
class MovementDifference:
    """A movement that differs, with its values on both sides."""

    movement: int
    problems: tuple[Problem, ...]
    ledger: MovementValues | None
    warehouse: Sequence[MovementValues]

    @property
    def order(self) -> int:
        """The order's id; 0 if it has none."""
        return (self.ledger or self.warehouse[0]).order

    @property
    def day(self) -> date:
        """The day in the ledger, or else in the warehouse."""
        return (self.ledger or self.warehouse[0]).day


def difference_of(
    movement: int, *, ledger: MovementValues | None, stored: Sequence[MovementValues], is_refused: bool
) -> MovementDifference | None:
    """Return how the rows of the warehouse differ from the ledger; None if they don't."""
    problems = _of_one_side(ledger, stored)
    if ledger is not None and stored:
        of_its_day = [row for row in stored if row.day == ledger.day]
        compared = (of_its_day or stored)[0]
        problems += [
            problem for problem, name in _FIELDS.items() if getattr(compared, name) != getattr(ledger, name)
        ]
    elif problems and is_refused:
        problems.append(Problem.REFUSED)
    return MovementDifference(movement, tuple(problems), ledger, stored) if problems else None


def _of_one_side(ledger: MovementValues | None, stored: Sequence[MovementValues]) -> list[Problem]:
    if len(stored) > 1:
        return [Problem.DUPLICATE] if ledger else [Problem.EXTRA, Problem.DUPLICATE]
    if bool(stored) == (ledger is not None):
        return []
    only = ledger or stored[0]
    problem = Problem.MISSING if ledger else Problem.EXTRA
    return [problem] if only.kind == MovementKind.SALE else [problem, Problem.STATUS]


@dataclass(kw_only=True, slots=True)
class Differences:
    """All differences that were found, and the first orders among them.

    `orders` has at most MOST_ORDERS orders by id; movements without an order are at 0.
    """

    orders: dict[int, dict[int, MovementDifference]] = field(default_factory=dict)
    days: Counter[date] = field(default_factory=Counter)
    problems: Counter[Problem] = field(default_factory=Counter)
    pending: int = 0
    """The movements whose orders have messages that the warehouse's subscriber hasn't handled."""

    @property
    def movements(self) -> int:
        """The number of movements that differ."""
        return self.days.total()

    @property
    def orders_are_complete(self) -> bool:
        """Whether `orders` has every order that differs."""
        return len(self.orders) < MOST_ORDERS

    def add(self, one: MovementDifference) -> None:
        """Count a difference, once."""
        known = self.orders.get(one.order)
        if known is not None and one.movement in known:
            return
        self.days[one.day] += 1
        self.problems.update(one.problems)
        if known is None and self.orders_are_complete:
            self.orders[one.order] = {one.movement: one}
        elif known is not None and len(known) < MOST_MOVEMENTS_OF_AN_ORDER:
            known[one.movement] = one
