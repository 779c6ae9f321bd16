"""Writes payments and requests to gateways. Nothing here calls a gateway: see `backend.payments.performing`.

Every function but `new_payment` must be called in a transaction, which may hold the lock of the order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from uuid_utils.compat import uuid7

from backend.api import money
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.outbox.models import Message
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from backend.payments.errors import (
    AmountNotCapturable,
    AmountNotCollectable,
    AmountNotRefundable,
    PaymentNotFound,
)
from backend.payments.gateways import call, gateway, offered_gateway
from backend.payments.gateways.protocol import Report
from backend.payments.instructions import instruction_of
from backend.payments.models import (
    OPEN_STATES,
    EventKind,
    Payment,
    PaymentRequest,
    PaymentStatus,
    RequestKind,
    RequestState,
)
from backend.payments.recording import FAILURE_OF, finish, locked_payment, record_reports
from backend.payments.state import ZERO


@dataclass(frozen=True, slots=True)
class NewPayment:
    """Unsaved rows of a payment, in the order in which they have to be inserted."""

    payment: Payment
    requests: Sequence[PaymentRequest]
    messages: Sequence[Message]

    def save(self) -> Payment:
        """Insert the rows in the caller's transaction, and return the payment."""
        self.payment.save(force_insert=True)
        PaymentRequest.objects.bulk_create(self.requests)
        Message.objects.bulk_create(self.messages)
        return self.payment


def new_payment(
    *,
    order_number: str,
    gateway: str,
    amount: Decimal,
    currency: str,
    expires_at: datetime | None,
    now: datetime,
    options: Mapping[str, object] | None = None,
) -> NewPayment:
    """Return the unsaved rows of a payment, and of the request that begins it unless it is paid in cash.

    Raises:
        GatewayNotOffered: the shop doesn't offer this gateway.
        InvalidInput: the amount is not positive or too precise, or the gateway doesn't know an option.
    """
    chosen = offered_gateway(gateway)
    chosen.check_options(options or {})
    money.require_precise(currency, amount=amount)
    if amount <= 0:
        raise InvalidInput(amount="A payment must be more than 0.")
    payment = Payment(
        id=uuid7(),
        order_number=order_number,
        gateway=gateway,
        currency=currency,
        amount=amount,
        captures_automatically=settings.PAYMENT_CAPTURE == "automatic",
        options=dict(options or {}),
        expires_at=expires_at,
        created_at=now,
        updated_at=now,
    )
    if chosen.is_manual:
        return NewPayment(payment, [], [])
    request = _request(payment, RequestKind.AUTHORISE, amount=amount, now=now)
    return NewPayment(payment, [request], [Message(topic=Topic.PAYMENT_REQUEST, key=str(request.pk))])


def _request(
    payment: Payment,
    kind: RequestKind,
    *,
    amount: Decimal,
    now: datetime,
    target: str = "",
    reason: str = "",
) -> PaymentRequest:
    return PaymentRequest(
        id=uuid7(),
        payment=payment,
        kind=kind,
        amount=amount,
        target=target,
        reason=reason[:200],
        next_attempt_at=now,
        created_at=now,
    )


def capture(
    payment_id: UUID, *, amount: Decimal, reason: str = "", by: Actor, now: datetime
) -> PaymentRequest:
    """Request the capture of `amount`, and return the request.

    Raises:
        PaymentNotFound: there is no such payment.
        AmountNotCapturable: less is authorised and not being captured.
        InvalidInput: the amount is not positive or too precise.
    """
    payment = locked_payment(payment_id)
    _require_positive(amount, payment=payment)
    available = capturable(payment)
    if amount > available or _is_being_voided(payment):
        raise AmountNotCapturable(**_amounts(payment, requested=amount, available=available))
    return _written(
        _request(payment, RequestKind.CAPTURE, amount=amount, now=now, reason=reason), by=by, now=now
    )


def void(payment_id: UUID, *, reason: str = "", by: Actor, now: datetime) -> PaymentRequest | None:
    """Request that what is authorised is released, and that the customer can no longer pay.

    Return the request, or the open one; None if the payment is captured in full or voided.

    Raises:
        PaymentNotFound: there is no such payment.
    """
    payment = locked_payment(payment_id)
    open_request = payment.requests.filter(kind=RequestKind.VOID, state__in=OPEN_STATES).first()
    if open_request is not None:
        return open_request
    rest = payment.authorised if payment.captured else payment.amount
    if payment.status == PaymentStatus.VOIDED or rest <= 0:
        return None
    return _written(_request(payment, RequestKind.VOID, amount=rest, now=now, reason=reason), by=by, now=now)


def refund(
    payment_id: UUID, *, amount: Decimal, reason: str = "", by: Actor, now: datetime
) -> list[PaymentRequest]:
    """Request the refund of `amount`; return a request for each capture that it is taken from.

    Raises:
        PaymentNotFound: there is no such payment.
        AmountNotRefundable: less was captured and is neither refunded nor being refunded.
        InvalidInput: the amount is not positive or too precise.
    """
    payment = locked_payment(payment_id)
    _require_positive(amount, payment=payment)
    available = max(ZERO, payment.captured - payment.refunded - refund_pending(payment))
    if amount > available:
        raise AmountNotRefundable(**_amounts(payment, requested=amount, available=available))
    requests = []
    for target, refundable in _captures(payment):
        part = min(amount, refundable)
        if part > 0:
            request = _request(
                payment, RequestKind.REFUND, amount=part, now=now, target=target, reason=reason
            )
            requests.append(_written(request, by=by, now=now))
            amount -= part
    return requests


def collect(
    order_number: str, *, amount: Decimal, reference: str = "delivery", by: Actor, now: datetime
) -> Payment:
    """Record that cash was collected at delivery, and return the payment.

    `reference` names the delivery; a second call with the same one changes nothing.

    Raises:
        PaymentNotFound: the order is not paid in cash.
        AmountNotCollectable: less is to be paid.
        InvalidInput: the amount is not positive or too precise.
    """
    rows = Payment.objects.filter(order_number=order_number, gateway="cod")
    found = rows.exclude(status=PaymentStatus.VOIDED).values_list("pk", flat=True).first()
    if found is None:
        raise PaymentNotFound(order_number=order_number)
    payment = locked_payment(found)
    if payment.events.filter(kind=EventKind.CAPTURED, gateway_reference=reference).exists():
        return payment
    _require_positive(amount, payment=payment)
    available = payment.amount - payment.captured
    if payment.status == PaymentStatus.VOIDED or amount > available:
        raise AmountNotCollectable(**_amounts(payment, requested=amount, available=available))
    collected = Report(
        kind=EventKind.CAPTURED,
        amount=amount,
        currency=payment.currency,
        reference=reference,
        occurred_at=now,
    )
    record_reports(payment, [collected], now=now)
    before = payment.captured - amount
    record(
        "payments.cash_collected", by=by, subject=payment, changes={"captured": (before, payment.captured)}
    )
    return payment


def captures_in_parts(payment: Payment) -> bool:
    """Return whether the payment is captured by request, and any number of times."""
    return not payment.captures_automatically and gateway(payment.gateway).captures_in_parts


def capturable(payment: Payment) -> Decimal:
    """Return what is authorised and not being captured."""
    return max(ZERO, payment.authorised - _open(payment, RequestKind.CAPTURE))


def refund_pending(payment: Payment) -> Decimal:
    """Return the sum of the refunds whose outcome is not known yet."""
    return _open(payment, RequestKind.REFUND)


def refused_kinds(payment: Payment) -> set[RequestKind]:
    """Return the kinds of requests that the gateway refused since an operator acknowledged the payment.

    The same request would be refused again.
    """
    kind_of = {event: kind for kind, event in FAILURE_OF.items()}
    failures = payment.events.filter(kind__in=kind_of, problem="")
    if payment.acknowledged_at is not None:
        failures = failures.filter(recorded_at__gt=payment.acknowledged_at)
    return {kind_of[EventKind(kind)] for kind in failures.values_list("kind", flat=True)}


def _written(request: PaymentRequest, *, by: Actor, now: datetime) -> PaymentRequest:
    """Insert the request for the gateway; a manual gateway's is carried out at once."""
    payment = request.payment
    request.save(force_insert=True)
    chosen = gateway(payment.gateway)
    if chosen.is_manual:
        outcome = call(chosen, RequestKind(request.kind), instruction_of(request, now=now))
        finish(request, state=RequestState.SUCCEEDED, now=now)
        record_reports(payment, outcome.reports, request=request, now=now)
    else:
        publish(Topic.PAYMENT_REQUEST, str(request.pk))
    requested = {"kind": (None, request.kind), "amount": (None, request.amount)}
    record("payments.requested", by=by, subject=request, changes=requested)
    return request


def _captures(payment: Payment) -> list[tuple[str, Decimal]]:
    """Return the reference of each capture, and its amount without the refunds that were requested."""
    captured = payment.events.filter(kind=EventKind.CAPTURED, problem="").order_by("id")
    asked = payment.requests.filter(kind=RequestKind.REFUND).exclude(state=RequestState.FAILED)
    by_target = dict(asked.values_list("target").annotate(total=Sum("amount")).order_by())
    return [
        (event.gateway_reference, event.amount - by_target.get(event.gateway_reference, ZERO))
        for event in captured
    ]


def _open(payment: Payment, kind: RequestKind) -> Decimal:
    rows = payment.requests.filter(kind=kind, state__in=OPEN_STATES)
    return rows.aggregate(total=Sum("amount"))["total"] or ZERO


def _is_being_voided(payment: Payment) -> bool:
    return payment.requests.filter(kind=RequestKind.VOID, state__in=OPEN_STATES).exists()


def _require_positive(amount: Decimal, *, payment: Payment) -> None:
    money.require_precise(payment.currency, amount=amount)
    if amount <= 0:
        raise InvalidInput(amount="Must be more than 0.")


def _amounts(payment: Payment, *, requested: Decimal, available: Decimal) -> dict[str, str]:
    return {
        "requested": money.written(requested, currency=payment.currency),
        "available": money.written(available, currency=payment.currency),
    }
