"""A gateway whose responses contradict the requests is not asked again until an operator has looked."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from backend.orders.settlement import settle_number
from backend.payments import operators
from backend.payments.gateways.protocol import Instruction, Outcome, Report
from backend.payments.models import Payment, PaymentRequest
from backend.payments.performing import due, perform
from tests.backend.orders.steps import check_out, fill
from tests.backend.payments.gateway import RecordingGateway, recording
from tests.backend.shop import SYSTEM, client_of, customer, staff, variant

pytestmark = pytest.mark.django_db(transaction=True)

# What is requested over HTTP is due at the current time.
LATER = timezone.now() + timedelta(hours=1)
ORDERS = "/api/orders/orders/"
LIES: dict[str, Callable[[Report], Report]] = {
    "less": lambda report: replace(report, amount=(report.amount or Decimal(0)) - 1),
    "more": lambda report: replace(report, amount=(report.amount or Decimal(0)) * 3),
    "nothing": lambda report: replace(report, amount=Decimal(0)),
    "another currency": lambda report: replace(report, currency="JPY"),
}


def settled(order_number: str) -> None:
    """Perform the due requests and settle the order several times."""
    for _ in range(4):
        for request_id in due(now=LATER, limit=100):
            perform(request_id, clock=lambda: LATER)
        settle_number(order_number, by=SYSTEM, now=LATER)


# A part of an authorisation may be released, so a VOID of less contradicts nothing.
@pytest.mark.parametrize(
    ("kind", "lie"),
    [(kind, lie) for kind in ("CAPTURE", "REFUND") for lie in LIES]
    + [("VOID", lie) for lie in LIES if lie != "less"],
)
def test_a_response_that_contradicts_its_request_leaves_it_unresolved(
    kind: str, lie: str, settings: Any
) -> None:
    settings.PAYMENT_CAPTURE = "automatic" if kind == "REFUND" else "manual"
    with recording() as (gateway, _):
        user = customer()
        fill(user, {variant(stock=5, price="10.00").pk: 2})
        order = check_out(user, payment_method="TEST")
        settled(order.order_number)
        gateway.instead = lying(gateway, LIES[lie])
        path, client = f"{ORDERS}{order.pk}/", client_of(staff())
        assert client.post(f"{path}{'ship' if kind == 'CAPTURE' else 'cancel'}/", {}).status_code == 200
        before = Payment.objects.values("authorised", "captured", "refunded").get()

        settled(order.order_number)

        request = PaymentRequest.objects.get(kind=kind)
        assert (request.state, gateway.names) == ("UNRESOLVED", ["authorise", kind.lower()])
        assert Payment.objects.values("authorised", "captured", "refunded").get() == before
        assert Payment.objects.get().needs_attention
        gateway.instead = None
        with transaction.atomic():
            operators.retry(request.pk, by=SYSTEM, now=LATER)
        settled(order.order_number)
        request.refresh_from_db()
        assert (request.state, len(gateway.calls)) == ("SUCCEEDED", 3)


def lying(gateway: RecordingGateway, lie: Callable[[Report], Report]) -> Callable[[Instruction], Outcome]:
    def respond(instruction: Instruction) -> Outcome:
        outcome: Outcome = getattr(gateway.inner, gateway.names[-1])(instruction)
        return replace(outcome, reports=[lie(report) for report in outcome.reports])

    return respond
