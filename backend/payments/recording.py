"""Records what gateways report, and derives the payment from it."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from uuid import UUID

import structlog

from backend.outbox.services import publish, publish_many
from backend.outbox.topics import Topic
from backend.payments.attention import alarming, facts_of
from backend.payments.errors import PaymentNotFound
from backend.payments.gateways.protocol import Report
from backend.payments.models import (
    OPEN_STATES,
    EventKind,
    Payment,
    PaymentEvent,
    PaymentRequest,
    PaymentStatus,
    Problem,
    RequestKind,
    RequestState,
)
from backend.payments.state import state_of

logger = structlog.get_logger(__name__)

_FULFILLED_BY = {
    EventKind.AUTHORISED: (RequestKind.AUTHORISE, RequestKind.COMPLETE),
    EventKind.CAPTURED: (RequestKind.AUTHORISE, RequestKind.COMPLETE, RequestKind.CAPTURE),
    EventKind.VOIDED: (RequestKind.VOID,),
}
"""The kinds of requests that an event completes; of several captures it completes only one (`_captured`)."""

FAILURE_OF = {
    RequestKind.CAPTURE: EventKind.CAPTURE_FAILED,
    RequestKind.VOID: EventKind.VOID_FAILED,
    RequestKind.REFUND: EventKind.REFUND_FAILED,
}
_AWAITS_CUSTOMER = (PaymentStatus.PENDING, PaymentStatus.DECLINED)


def locked_payment(payment_id: UUID) -> Payment:
    """Return the payment, locked until the end of the caller's transaction.

    Raises:
        PaymentNotFound: there is no such payment.
    """
    payment = Payment.objects.select_for_update(no_key=True).filter(pk=payment_id).first()
    if payment is None:
        raise PaymentNotFound(payment=str(payment_id))
    return payment


def record_reports(
    payment: Payment, reports: Iterable[Report], *, request: PaymentRequest | None = None, now: datetime
) -> list[PaymentEvent]:
    """Store the reports that are not stored yet, derive the locked payment, and return the new events.

    The reports are those of one webhook, or of the response to `request`. Open requests that the reports show
    to be done are closed.
    """
    known = list(payment.events.order_by("id"))
    requests = list(payment.requests.order_by("id"))
    added: list[PaymentEvent] = []
    for report, problem in _checked(payment, reports, requests=requests, request=request):
        cause = _cause(report, requests=requests, request=request)
        event = _event(payment, report, known=[*known, *added], problem=problem, now=now)
        if event is None:
            continue
        if not payment.gateway_reference:
            # The response with it was lost.
            payment.gateway_reference = report.payment_reference
        event.request = cause
        event.save()
        added.append(event)
        if not event.problem:
            _close(cause, event=event, requests=requests, now=now)
    derive(payment, events=[*known, *added], now=now)
    if added:
        publish_many(Topic.PAYMENT_EVENT, [event.pk for event in added])
        _complete_approved(payment, added=added, requests=requests, now=now)
    return added


def contradicts(payment: Payment, reports: Iterable[Report], *, request: PaymentRequest) -> bool:
    """Return whether the reports in the response to a request contradict the payment or the request."""
    requests = list(payment.requests.order_by("id"))
    return any(problem for _, problem in _checked(payment, reports, requests=requests, request=request))


def derive(payment: Payment, *, events: Sequence[PaymentEvent] | None = None, now: datetime) -> None:
    """Store the sums and the status that follow from the payment's events, and whether it needs attention."""
    found = list(payment.events.all()) if events is None else events
    state = state_of(payment.amount, facts_of(found))
    payment.status = state.status
    payment.authorised, payment.captured, payment.refunded = state.authorised, state.captured, state.refunded
    payment.needs_attention = payment.requests.filter(state=RequestState.UNRESOLVED).exists() or bool(
        alarming(payment, found, state=state)
    )
    if payment.status not in _AWAITS_CUSTOMER:
        payment.client_data = {}
    payment.updated_at = now
    payment.save()


def _cause(
    report: Report, *, requests: Sequence[PaymentRequest], request: PaymentRequest | None
) -> PaymentRequest | None:
    """Return the request that caused what is reported, if it is known."""
    if report.request_id is not None:
        return next((each for each in requests if each.pk == report.request_id), request)
    return request


def _event(
    payment: Payment,
    report: Report,
    *,
    known: Sequence[PaymentEvent],
    problem: str,
    now: datetime,
) -> PaymentEvent | None:
    """Return the event to store; None if it is stored already."""
    amount = payment.amount if report.amount is None else report.amount
    currency = report.currency.upper()
    same = [
        event for event in known if event.kind == report.kind and event.gateway_reference == report.reference
    ]
    if any(event.amount == amount and event.currency == currency for event in same):
        return None
    if not problem and any(not event.problem for event in same):
        problem = Problem.CONTRADICTS
    if problem:
        logger.error(
            "payment_event_contradicts",
            payment=str(payment.pk),
            kind=report.kind,
            problem=problem,
            reported=f"{amount} {currency}",
            reference=report.reference,
        )
    return PaymentEvent(
        payment=payment,
        kind=report.kind,
        amount=amount,
        currency=currency[:3],
        gateway_reference=report.reference[:255],
        problem=problem,
        message=report.message[:300],
        occurred_at=report.occurred_at,
        recorded_at=now,
    )


def _checked(
    payment: Payment,
    reports: Iterable[Report],
    *,
    requests: Sequence[PaymentRequest],
    request: PaymentRequest | None,
) -> list[tuple[Report, str]]:
    """Return each report of a message with its problem, which is empty if it contradicts nothing.

    While a capture is in doubt, the rest of its authorisation isn't released either.
    """
    found = []
    for report in reports:
        cause = _cause(report, requests=requests, request=request)
        found.append((report, _problem(payment, report, requests=requests, cause=cause)))
    doubt = next((problem for report, problem in found if report.kind == EventKind.CAPTURED and problem), "")
    return [
        (report, problem or (doubt if report.kind == EventKind.VOIDED else "")) for report, problem in found
    ]


def _problem(
    payment: Payment,
    report: Report,
    *,
    requests: Sequence[PaymentRequest],
    cause: PaymentRequest | None,
) -> str:
    amount = payment.amount if report.amount is None else report.amount
    if report.currency.upper() != payment.currency:
        return Problem.CURRENCY_DIFFERS
    if report.kind == EventKind.AUTHORISED:
        expected = amount == payment.amount
    elif report.kind == EventKind.CAPTURED:
        captures = {each.amount for each in requests if each.kind == RequestKind.CAPTURE}
        expected = amount == payment.amount or amount in captures or payment.gateway == "cod"
    elif report.kind == EventKind.REFUNDED and cause is not None:
        expected = amount == cause.amount
    else:
        expected = amount <= payment.amount
    return "" if expected and amount > 0 else Problem.AMOUNT_DIFFERS


def _close(
    cause: PaymentRequest | None,
    *,
    event: PaymentEvent,
    requests: Sequence[PaymentRequest],
    now: datetime,
) -> None:
    """Close the open requests that the event shows to be done or failed."""
    kind = EventKind(event.kind)
    if cause is not None and kind == FAILURE_OF.get(RequestKind(cause.kind)):
        finish(cause, state=RequestState.FAILED, error=event.message, now=now)
    elif cause is not None and kind == EventKind.REFUNDED:
        finish(cause, state=RequestState.SUCCEEDED, now=now)
    kinds = _FULFILLED_BY.get(kind, ())
    done = [each for each in requests if each.kind in kinds and each.kind != RequestKind.CAPTURE]
    if kind == EventKind.CAPTURED:
        done += _captured(cause, event=event, requests=requests)
    for request in done:
        finish(request, state=RequestState.SUCCEEDED, now=now)


def _captured(
    cause: PaymentRequest | None, *, event: PaymentEvent, requests: Sequence[PaymentRequest]
) -> list[PaymentRequest]:
    """Return the request that the event completes: its cause, or else the oldest open one of its amount.

    Several shipments can cost the same, so that others of the same amount are still to be performed.
    """
    if cause is not None and cause.kind == RequestKind.CAPTURE:
        return [cause]
    of_amount = (
        each
        for each in requests
        if each.kind == RequestKind.CAPTURE and each.state in OPEN_STATES and each.amount == event.amount
    )
    return list(islice(of_amount, 1))


def finish(request: PaymentRequest, *, state: RequestState, now: datetime, error: str = "") -> None:
    """Move an open request to `state`, and let the payment's next request be performed."""
    if request.state not in OPEN_STATES:
        return
    request.state, request.error = state, error[:300]
    request.next_attempt_at = request.lease_until = None
    request.finished_at = now
    request.save(update_fields=["state", "error", "next_attempt_at", "lease_until", "finished_at"])
    following = PaymentRequest.objects.filter(
        payment_id=request.payment_id, state=RequestState.PENDING
    ).order_by("id")
    if (waiting := following.first()) is not None:
        publish(Topic.PAYMENT_REQUEST, str(waiting.pk))


def failure_of(request: PaymentRequest, *, reason: str, now: datetime) -> Report:
    """Return the report that the request failed."""
    return Report(
        kind=FAILURE_OF.get(RequestKind(request.kind), EventKind.DECLINED),
        amount=request.amount,
        currency=request.payment.currency,
        reference=str(request.pk),
        occurred_at=now,
        request_id=request.pk,
        message=reason,
    )


def _complete_approved(
    payment: Payment, *, added: Sequence[PaymentEvent], requests: Sequence[PaymentRequest], now: datetime
) -> None:
    """Request the completion of a payment that the customer approved, unless it is being voided."""
    if not any(event.kind == EventKind.APPROVED and not event.problem for event in added):
        return
    if payment.status not in _AWAITS_CUSTOMER or any(_prevents_completion(each) for each in requests):
        return
    request = PaymentRequest.objects.create(
        payment=payment,
        kind=RequestKind.COMPLETE,
        amount=payment.amount,
        next_attempt_at=now,
        created_at=now,
    )
    publish(Topic.PAYMENT_REQUEST, str(request.pk))


def _prevents_completion(request: PaymentRequest) -> bool:
    if request.kind == RequestKind.COMPLETE:
        return request.state != RequestState.FAILED
    return request.kind == RequestKind.VOID
