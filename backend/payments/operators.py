"""Changes that operators make to payments that need attention. Must be called in a transaction."""

from datetime import datetime
from uuid import UUID

from backend.audit.actors import Actor
from backend.audit.services import record
from backend.outbox.services import publish, publish_many
from backend.outbox.topics import Topic
from backend.payments.errors import PaymentNotFound
from backend.payments.models import Payment, PaymentRequest, RequestState
from backend.payments.recording import FAILURE_OF, derive, failure_of, finish, locked_payment, record_reports


def acknowledge(payment_id: UUID, *, by: Actor, now: datetime) -> Payment:
    """Record that an operator has looked at the events of a payment that needs attention.

    What the gateway refused since the last time is published again, so that it is requested again if it is
    still needed.

    Raises:
        PaymentNotFound: there is no such payment.
    """
    payment = locked_payment(payment_id)
    before, payment.acknowledged_at = payment.acknowledged_at, now
    derive(payment, now=now)
    refused = payment.events.filter(kind__in=FAILURE_OF.values())
    if before is not None:
        refused = refused.filter(recorded_at__gt=before)
    publish_many(Topic.PAYMENT_EVENT, list(refused.values_list("pk", flat=True)))
    record("payments.acknowledged", by=by, subject=payment, changes={"acknowledged_at": (before, now)})
    return payment


def retry(request_id: UUID, *, by: Actor, now: datetime) -> PaymentRequest:
    """Let an unresolved request be attempted again, with the same idempotency key.

    Raises:
        PaymentNotFound: there is no such request, or its outcome is known.
    """
    request = _unresolved(request_id)
    request.state, request.attempts, request.next_attempt_at = RequestState.PENDING, 0, now
    request.finished_at, request.error = None, ""
    request.save(update_fields=["state", "attempts", "next_attempt_at", "finished_at", "error"])
    derive(request.payment, now=now)
    states = RequestState.UNRESOLVED.value, RequestState.PENDING.value
    record("payments.request_retried", by=by, subject=request, changes={"state": states})
    publish(Topic.PAYMENT_REQUEST, str(request.pk))
    return request


def give_up(request_id: UUID, *, reason: str, by: Actor, now: datetime) -> PaymentRequest:
    """Close an unresolved request that the gateway did not perform, according to an operator.

    It is recorded as if the gateway had refused it: a capture or refund is requested again when the payment
    is acknowledged, if it is still owed.

    Raises:
        PaymentNotFound: there is no such request, or its outcome is known.
    """
    request = _unresolved(request_id)
    finish(request, state=RequestState.FAILED, error=reason, now=now)
    record_reports(request.payment, [failure_of(request, reason=reason, now=now)], request=request, now=now)
    states = RequestState.UNRESOLVED.value, RequestState.FAILED.value
    record("payments.request_given_up", by=by, subject=request, changes={"state": states})
    return request


def _unresolved(request_id: UUID) -> PaymentRequest:
    rows = PaymentRequest.objects.filter(pk=request_id, state=RequestState.UNRESOLVED)
    payment_id = rows.values_list("payment_id", flat=True).first()
    if payment_id is None:
        raise PaymentNotFound(request=str(request_id))
    payment = locked_payment(payment_id)
    request = rows.first()
    if request is None:
        raise PaymentNotFound(request=str(request_id))
    request.payment = payment
    return request
