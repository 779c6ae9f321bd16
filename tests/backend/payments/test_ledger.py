"""Our sums equal the gateway's, even if requests and events are lost, repeated or reordered."""

from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.payments import services
from backend.payments.errors import AmountNotCapturable, AmountNotRefundable
from backend.payments.models import Payment
from backend.payments.performing import PAUSES
from tests.backend.payments.gateway import payment, perform_due
from tests.backend.payments.gateways.stripe_server import StripeServer, event, post
from tests.backend.shop import NOW, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)

_NUMBERS = count(1)
AMOUNTS = st.sampled_from(["10.00", "33.33", "40.00", "60.00", "100.00"]).map(Decimal)
# How a payment usually goes; examples begin with a part of it.
USUAL = [
    ("perform", None),
    ("confirm", None),
    ("webhooks", None),
    ("capture", Decimal("60.00")),
    ("perform", None),
    ("refund", Decimal("33.33")),
]
STEPS = st.builds(
    lambda length, others: USUAL[:length] + others,
    st.integers(0, len(USUAL)),
    st.lists(
        st.one_of(
            st.tuples(st.just("capture"), AMOUNTS),
            st.tuples(st.just("refund"), AMOUNTS),
            st.tuples(
                st.sampled_from(["void", "confirm", "perform", "lost", "lost", "down", "webhooks"]), st.none()
            ),
        ),
        max_size=8,
    ),
)


def subject_of(server: StripeServer, made: Payment) -> dict[str, Any] | None:
    found = [each for each in server.intents.values() if each["metadata"]["payment_id"] == str(made.pk)]
    assert len(found) <= 1, "the payment was begun twice"
    return found[0] if found else None


def refunds_of(server: StripeServer, made: Payment) -> list[dict[str, Any]]:
    return [each for each in server.refunds.values() if each["metadata"]["payment_id"] == str(made.pk)]


def deliver(server: StripeServer, made: Payment) -> None:
    """Deliver every event that Stripe could have sent by now, newest first and twice."""
    for refund in refunds_of(server, made) * 2:
        post(event("refund.created", refund, at=3))
    intent = subject_of(server, made)
    kinds = {
        "succeeded": "payment_intent.succeeded",
        "requires_capture": "payment_intent.amount_capturable_updated",
        "canceled": "payment_intent.canceled",
    }
    if intent is not None and intent["status"] in kinds:
        for _ in range(2):
            post(event(kinds[intent["status"]], intent, at=2))


def take(step: str, amount: Decimal | None, *, server: StripeServer, made: Payment, now: Any) -> None:
    if step in ("perform", "lost", "down"):
        server.fault = "" if step == "perform" else step
        perform_due(now)
    elif step == "webhooks":
        deliver(server, made)
    elif step == "confirm":
        intent = subject_of(server, made)
        if intent is not None and intent["status"] == "requires_payment_method":
            server.confirm(intent["id"])
    else:
        with transaction.atomic():
            if step == "void":
                services.void(made.pk, by=SYSTEM, now=now)
            elif amount is not None:
                getattr(services, step)(made.pk, amount=amount, by=SYSTEM, now=now)


@pytest.mark.usefixtures("manual")
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_sums_are_those_of_the_gateway(steps: list[Any], stripe: StripeServer) -> None:
    made = payment(gateway="stripe", order_number=f"A-{next(_NUMBERS)}")
    now = NOW
    for step, amount in [*steps, ("webhooks", None)]:
        now += PAUSES[-1]
        try:
            take(step, amount, server=stripe, made=made, now=now)
        except (AmountNotCapturable, AmountNotRefundable):
            continue
    stripe.fault = ""
    for _ in range(3):
        now += PAUSES[-1]
        perform_due(now)
    deliver(stripe, made)

    made.refresh_from_db()
    intent = subject_of(stripe, made)
    captured = Decimal(intent["amount_received"] if intent else 0).scaleb(-2)
    capturable = Decimal(intent["amount_capturable"] if intent else 0).scaleb(-2)
    refunded = Decimal(sum(each["amount"] for each in refunds_of(stripe, made))).scaleb(-2)
    assert (made.authorised, made.captured, made.refunded) == (capturable, captured, refunded)
    assert not made.requests.filter(state__in=["PENDING", "UNRESOLVED", "ACCEPTED"]).exists()
    assert not made.events.exclude(problem="").exists()
