"""Performs requests: claim, call the gateway outside of any transaction, record the outcome.

A process may be killed at any point. Then its lease expires, and the request is attempted again with the
same idempotency key, so that the gateway repeats its first response. An unknown outcome is treated in the
same way. After the last attempt the request is left unresolved, and an operator has to look.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q

from backend.payments.errors import GatewayRefused, OutcomeUnknown
from backend.payments.gateways import call, gateway
from backend.payments.gateways.protocol import Outcome
from backend.payments.instructions import instruction_of
from backend.payments.models import Payment, PaymentRequest, RequestKind, RequestState
from backend.payments.recording import (
    contradicts,
    derive,
    failure_of,
    finish,
    locked_payment,
    record_reports,
)

logger = structlog.get_logger(__name__)

# Longer than any call takes.
LEASE = timedelta(minutes=1)
# Together about two hours: PayPal keeps the idempotency keys of orders for six hours, Stripe for a day.
PAUSES = tuple(timedelta(seconds=seconds) for seconds in (5, 15, 60, 180, 600, 1_200, 1_800, 3_600))
MAX_ATTEMPTS = len(PAUSES) + 1

Clock = Callable[[], datetime]


def perform(request_id: UUID, *, clock: Clock) -> RequestState | None:
    """Perform the request; return its state afterwards, or None if it is not due or performed elsewhere."""
    request = _claimed(request_id, now=clock())
    if request is None:
        return None
    chosen = gateway(request.payment.gateway)
    kind = RequestKind(request.kind)
    try:
        outcome = call(chosen, kind, instruction_of(request, now=clock()))
    except GatewayRefused as refusal:
        return _record_refusal(request, refusal, now=clock())
    except OutcomeUnknown as unknown:
        return _postpone(request, reason=unknown.reason, now=clock())
    return _record_outcome(request, outcome, now=clock())


def due(*, now: datetime, limit: int) -> list[UUID]:
    """Return up to `limit` requests that are due, the longest due first."""
    rows = PaymentRequest.objects.filter(_is_due(now)).order_by("next_attempt_at")
    return list(rows.values_list("pk", flat=True)[:limit])


def _is_due(now: datetime) -> Q:
    return Q(state=RequestState.PENDING, next_attempt_at__lte=now) & (
        Q(lease_until=None) | Q(lease_until__lte=now)
    )


def _claimed(request_id: UUID, *, now: datetime) -> PaymentRequest | None:
    """Return the request if this process may perform it now: it is due, and no earlier one is pending."""
    earlier = PaymentRequest.objects.filter(
        payment_id=OuterRef("payment_id"), state=RequestState.PENDING, pk__lt=OuterRef("pk")
    )
    rows = PaymentRequest.objects.filter(_is_due(now), ~Exists(earlier), pk=request_id)
    if not rows.filter(attempts__lt=MAX_ATTEMPTS).update(attempts=F("attempts") + 1, lease_until=now + LEASE):
        if rows.filter(attempts__gte=MAX_ATTEMPTS).exists():
            # The process of the last attempt was killed.
            _leave_unresolved(request_id, reason="no outcome was recorded", now=now)
        return None
    return PaymentRequest.objects.select_related("payment").get(pk=request_id)


def _record_outcome(request: PaymentRequest, outcome: Outcome, *, now: datetime) -> RequestState:
    with transaction.atomic():
        payment = locked_payment(request.payment_id)
        request.refresh_from_db()
        if outcome.payment_reference and not payment.gateway_reference:
            payment.gateway_reference = outcome.payment_reference
        if outcome.client_data:
            payment.client_data = dict(outcome.client_data)
        _finish(request, outcome, payment=payment, now=now)
        record_reports(payment, outcome.reports, request=request, now=now)
    request.refresh_from_db()
    return RequestState(request.state)


def _finish(request: PaymentRequest, outcome: Outcome, *, payment: Payment, now: datetime) -> None:
    """Move the request to the state that follows from its outcome.

    A response that contradicts the request says neither that it was performed nor that it wasn't.
    """
    if outcome.pending:
        if request.state == RequestState.PENDING:
            finish(request, state=RequestState.ACCEPTED, now=now)
    elif contradicts(payment, outcome.reports, request=request):
        reason = "the response contradicts the request"
        finish(request, state=RequestState.UNRESOLVED, error=reason, now=now)
    else:
        finish(request, state=RequestState.SUCCEEDED, now=now)


def _record_refusal(request: PaymentRequest, refusal: GatewayRefused, *, now: datetime) -> RequestState:
    with transaction.atomic():
        payment = locked_payment(request.payment_id)
        request.refresh_from_db()
        # A webhook may have reported meanwhile that the request was performed.
        if request.state == RequestState.PENDING:
            finish(request, state=RequestState.FAILED, error=refusal.reason, now=now)
        reports = refusal.reports or [failure_of(request, reason=refusal.reason, now=now)]
        record_reports(payment, reports, request=request, now=now)
    logger.warning("payment_request_refused", request=str(request.pk), reason=refusal.reason)
    return RequestState(request.state)


def _postpone(request: PaymentRequest, *, reason: str, now: datetime) -> RequestState:
    """Set the time of the next attempt; leave the request unresolved if this attempt was the last one."""
    logger.warning(
        "payment_outcome_unknown", request=str(request.pk), attempt=request.attempts, reason=reason
    )
    if request.attempts >= MAX_ATTEMPTS:
        return _leave_unresolved(request.pk, reason=reason, now=now)
    rows = PaymentRequest.objects.filter(pk=request.pk, state=RequestState.PENDING)
    rows.update(next_attempt_at=now + PAUSES[request.attempts - 1], lease_until=None, error=reason[:300])
    request.refresh_from_db()
    return RequestState(request.state)


def _leave_unresolved(request_id: UUID, *, reason: str, now: datetime) -> RequestState:
    with transaction.atomic():
        payment_id = PaymentRequest.objects.values_list("payment_id", flat=True).get(pk=request_id)
        payment = locked_payment(payment_id)
        request = PaymentRequest.objects.get(pk=request_id)
        if request.state == RequestState.PENDING:
            finish(request, state=RequestState.UNRESOLVED, error=reason, now=now)
            derive(payment, now=now)
    logger.error("payment_request_unresolved", request=str(request_id), reason=reason)
    return RequestState(request.state)
