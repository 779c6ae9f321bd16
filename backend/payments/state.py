"""Derives the sums and the status of a payment from its events.

Gateways deliver events late, twice and in any order. So nothing is added up step by step: the state is a
function of the set of events, whatever order they were recorded in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from backend.payments.models import EventKind, PaymentStatus

ZERO = Decimal(0)
FAILURES = frozenset(
    {EventKind.CAPTURE_FAILED, EventKind.VOID_FAILED, EventKind.REFUND_FAILED, EventKind.DISPUTED}
)
"""Events that an operator has to look at."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What an event says; `problem` is empty unless the event contradicts the payment."""

    kind: str
    amount: Decimal
    reference: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class PaymentState:
    """The sums and the status of a payment.

    `authorised` is what may still be captured. `unaccounted` are events that don't fit in: more was captured
    than the payment's amount, or more refunded than captured.
    """

    authorised: Decimal
    captured: Decimal
    refunded: Decimal
    status: PaymentStatus
    unaccounted: tuple[Fact, ...]


def state_of(amount: Decimal, facts: Iterable[Fact]) -> PaymentState:
    """Return the state of a payment of `amount` with these events, in whatever order they are given."""
    valid = _distinct(fact for fact in facts if not fact.problem)
    ever_authorised, extra_authorised = _within(amount, _of(valid, EventKind.AUTHORISED))
    captured, extra_captured = _within(amount, _of(valid, EventKind.CAPTURED))
    failed = {fact.reference for fact in _of(valid, EventKind.REFUND_FAILED)}
    refunds = [fact for fact in _of(valid, EventKind.REFUNDED) if fact.reference not in failed]
    refunded, extra_refunded = _within(captured, refunds)
    released = sum((fact.amount for fact in _of(valid, EventKind.VOIDED)), ZERO)
    authorised = max(ZERO, ever_authorised - released - captured)
    kinds = {fact.kind for fact in valid}
    return PaymentState(
        authorised=authorised,
        captured=captured,
        refunded=refunded,
        status=_status(amount, authorised=authorised, captured=captured, refunded=refunded, kinds=kinds),
        unaccounted=(*extra_authorised, *extra_captured, *extra_refunded),
    )


def _distinct(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts sorted by their content, each (kind, reference) once."""
    known: dict[tuple[str, str], Fact] = {}
    for fact in sorted(facts, key=lambda fact: (fact.kind, fact.reference, fact.amount)):
        known.setdefault((fact.kind, fact.reference), fact)
    return list(known.values())


def _of(facts: Iterable[Fact], kind: EventKind) -> list[Fact]:
    return [fact for fact in facts if fact.kind == kind]


def _within(limit: Decimal, facts: Iterable[Fact]) -> tuple[Decimal, list[Fact]]:
    """Return the sum of the facts that fit within `limit`, and those that don't."""
    total, extra = ZERO, []
    for fact in facts:
        if total + fact.amount <= limit:
            total += fact.amount
        else:
            extra.append(fact)
    return total, extra


def _status(
    amount: Decimal, *, authorised: Decimal, captured: Decimal, refunded: Decimal, kinds: set[str]
) -> PaymentStatus:
    if captured:
        if refunded:
            return PaymentStatus.REFUNDED if refunded == captured else PaymentStatus.PARTIALLY_REFUNDED
        return PaymentStatus.CAPTURED if captured == amount else PaymentStatus.PARTIALLY_CAPTURED
    if authorised:
        return PaymentStatus.AUTHORISED
    if EventKind.VOIDED in kinds:
        return PaymentStatus.VOIDED
    return PaymentStatus.DECLINED if EventKind.DECLINED in kinds else PaymentStatus.PENDING
