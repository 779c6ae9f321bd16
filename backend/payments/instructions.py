"""Turns a stored request into the instruction for a gateway."""

from datetime import datetime

from backend.payments.gateways.protocol import Instruction
from backend.payments.models import EventKind, Payment, PaymentRequest, RequestKind

_ACTS_ON_AUTHORISATION = (RequestKind.CAPTURE, RequestKind.VOID)


def instruction_of(request: PaymentRequest, *, now: datetime) -> Instruction:
    """Return the instruction, with the payment's authorisation as the target of a capture or void."""
    payment = request.payment
    target = request.target
    if not target and request.kind in _ACTS_ON_AUTHORISATION:
        target = _authorisation(payment)
    return Instruction(
        key=request.pk,
        attempt=request.attempts,
        payment_id=payment.pk,
        order_number=payment.order_number,
        currency=payment.currency,
        amount=request.amount,
        total=payment.amount,
        captured=payment.captured,
        captures_automatically=payment.captures_automatically,
        payment_reference=payment.gateway_reference,
        target=target,
        reason=request.reason,
        options=payment.options,
        now=now,
    )


def _authorisation(payment: Payment) -> str:
    rows = payment.events.filter(kind=EventKind.AUTHORISED, problem="")
    return rows.order_by("-id").values_list("gateway_reference", flat=True).first() or ""
