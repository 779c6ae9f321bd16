"""Payment queries."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from backend.payments.errors import PaymentNotFound
from backend.payments.models import (
    OPEN_STATES,
    Payment,
    PaymentRequest,
    PaymentStatus,
    RequestKind,
    RequestState,
)
from backend.payments.state import ZERO

_ENDED_UNPAID = (PaymentStatus.VOIDED, PaymentStatus.DECLINED)


@dataclass(frozen=True, slots=True)
class PaymentSums:
    """The money of an order's payments.

    `amount` is the sum of the payments that were neither declined nor voided. `authorised` is what can still
    be captured; it leaves out payments that are being voided. `captured` and `refunded` are totals.
    `capture_pending` and `refund_pending` were requested, and their outcome is not known yet.
    """

    amount: Decimal
    authorised: Decimal
    captured: Decimal
    refunded: Decimal
    capture_pending: Decimal
    refund_pending: Decimal

    @property
    def kept(self) -> Decimal:
        """What the shop keeps if all pending refunds succeed."""
        return self.captured - self.refunded - self.refund_pending


def sums_of(order_number: str) -> PaymentSums:
    """Return the sums of the order's payments (2 queries)."""
    payments = list(payments_of(order_number))
    pending = PaymentRequest.objects.filter(payment__order_number=order_number, state__in=OPEN_STATES)
    by_kind: defaultdict[str, Decimal] = defaultdict(Decimal)
    voided = set()
    for request in pending:
        by_kind[request.kind] += request.amount
        if request.kind == RequestKind.VOID:
            voided.add(request.payment_id)
    return PaymentSums(
        amount=_sum(each.amount for each in payments if each.status not in _ENDED_UNPAID),
        authorised=_sum(each.authorised for each in payments if each.pk not in voided),
        captured=_sum(each.captured for each in payments),
        refunded=_sum(each.refunded for each in payments),
        capture_pending=by_kind[RequestKind.CAPTURE],
        refund_pending=by_kind[RequestKind.REFUND],
    )


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def payments_of(order_number: str) -> QuerySet[Payment]:
    """Return the order's payments, oldest first."""
    return Payment.objects.filter(order_number=order_number).order_by("id")


def payment_by_id(payment_id: UUID) -> Payment:
    """Return the payment with its events (2 queries).

    Raises:
        PaymentNotFound: there is no such payment.
    """
    payment = Payment.objects.prefetch_related("events").filter(pk=payment_id).first()
    if payment is None:
        raise PaymentNotFound(payment=str(payment_id))
    return payment


def payments_matching(filters: Mapping[str, Any]) -> QuerySet[Payment]:
    """Return the payments that `PaymentFilters` selects, newest first, with their events and requests."""
    rows = Payment.objects.prefetch_related("events", "requests").order_by("-created_at", "-id")
    for name in ("status", "gateway", "order_number", "needs_attention"):
        if (value := filters.get(name)) is not None:
            rows = rows.filter(**{name: value})
    if (start := filters.get("created_from")) is not None:
        rows = rows.filter(created_at__gte=start)
    if (end := filters.get("created_to")) is not None:
        rows = rows.filter(created_at__lt=end)
    return rows


@dataclass(frozen=True, slots=True)
class Backlog:
    """What is due at gateways, and what an operator has to look at."""

    due: int
    overdue_seconds: float
    unresolved: int
    needing_attention: int


def backlog(*, now: datetime) -> Backlog:
    """Return the state of all requests and payments (2 queries)."""
    is_due = Q(state=RequestState.PENDING, next_attempt_at__lte=now)
    found = PaymentRequest.objects.filter(state__in=OPEN_STATES).aggregate(
        due=Count("id", filter=is_due),
        oldest=Min("next_attempt_at", filter=is_due),
        unresolved=Count("id", filter=Q(state=RequestState.UNRESOLVED)),
    )
    overdue = now - found["oldest"] if found["oldest"] is not None else timedelta(0)
    return Backlog(
        due=found["due"],
        overdue_seconds=round(overdue.total_seconds(), 1),
        unresolved=found["unresolved"],
        needing_attention=Payment.objects.filter(needs_attention=True).count(),
    )
