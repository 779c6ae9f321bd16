"""Writes of payments."""

from pathlib import Path

from backend.payments.models import Payment, PaymentRequest
from tests.backend.config.admin_site.writes.write import Write, values
from tests.backend.shop import NOW


def _payment(_: Path) -> Payment:
    return Payment.objects.create(
        order_number="A-1",
        gateway="test",
        currency="USD",
        amount=100,
        needs_attention=True,
        created_at=NOW,
        updated_at=NOW,
    )


def _unresolved(folder: Path) -> PaymentRequest:
    return PaymentRequest.objects.create(
        payment=_payment(folder),
        kind="AUTHORISE",
        amount=100,
        state="UNRESOLVED",
        attempts=9,
        error="the gateway is unavailable",
        created_at=NOW,
        finished_at=NOW,
    )


PAYMENTS = (
    Write(
        model=Payment,
        name="acknowledge",
        arrange=_payment,
        state=lambda payment: payment.needs_attention,
        expected=False,
        audit="payments.acknowledged",
    ),
    Write(
        model=PaymentRequest,
        name="retry",
        arrange=_unresolved,
        state=lambda request: request.state,
        expected="PENDING",
        audit="payments.request_retried",
    ),
    Write(
        model=PaymentRequest,
        name="give-up",
        arrange=_unresolved,
        sent=values(reason="Not in the dashboard"),
        wrong=values(reason=""),
        error="This field is required.",
        state=lambda request: request.state,
        expected="FAILED",
        audit="payments.request_given_up",
    ),
)
