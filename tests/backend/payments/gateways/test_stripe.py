"""Stripe's gateway against a stand-in that refuses what Stripe's reference says that Stripe refuses."""

import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction

from backend.payments import gateways, services
from backend.payments.errors import GatewayRefused
from backend.payments.gateways.stripe import StripeGateway, StripeKeys
from backend.payments.gateways.stripe_amounts import from_stripe, to_stripe
from backend.payments.models import Payment, PaymentRequest
from backend.payments.performing import MAX_ATTEMPTS, PAUSES
from tests.backend.payments.gateway import figures, paid, payment, perform_due, request_of
from tests.backend.payments.gateways.standin import with_junk
from tests.backend.payments.gateways.stripe_server import (
    SECRET_KEY,
    WEBHOOK_SECRET,
    StripeServer,
    event,
    post,
)
from tests.backend.shop import NOW, SYSTEM

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(days=1)


def made_by_stripe(amount: str = "100.00", **fields: Any) -> Payment:
    return paid(amount, gateway="stripe", **fields)


def confirmed(stripe: StripeServer, made: Payment, *, declined: bool = False) -> Any:
    """Confirm the payment as the customer, and post the event."""
    made.refresh_from_db()
    kind = stripe.confirm(made.gateway_reference, declined=declined)
    return post(event(kind, stripe.intents[made.gateway_reference], at=int(time.time())))


def written(act: Any, *args: Any, **options: Any) -> Any:
    with transaction.atomic():
        return act(*args, **options, by=SYSTEM, now=NOW)


def test_the_customer_gets_what_stripe_js_needs(stripe: StripeServer) -> None:
    made = made_by_stripe()

    (intent,) = stripe.intents.values()
    assert (intent["amount"], intent["currency"], intent["capture_method"]) == (10_000, "usd", "automatic")
    assert intent["metadata"] == {"payment_id": str(made.pk), "order_number": "A-1"}
    assert made.client_data == {
        "client_secret": intent["client_secret"],
        "publishable_key": "pk_test_stand_in",
    }
    assert (made.gateway_reference, figures(made)) == (intent["id"], ("PENDING", 0, 0, 0))


def test_a_confirmed_payment_is_captured_and_its_secret_is_deleted(stripe: StripeServer) -> None:
    made = made_by_stripe()

    assert confirmed(stripe, made).json()["data"] == {"recorded": 1}

    assert figures(made) == ("CAPTURED", 0, 100, 0)
    assert Payment.objects.get().client_data == {}


def test_a_declined_card_can_be_replaced_by_another(stripe: StripeServer) -> None:
    made = made_by_stripe()

    confirmed(stripe, made, declined=True)
    assert figures(made)[0] == "DECLINED"
    assert Payment.objects.get().client_data
    assert made.events.get(kind="DECLINED").message == "Your card was declined."

    confirmed(stripe, made)
    assert figures(made)[0] == "CAPTURED"


@pytest.mark.usefixtures("manual")
def test_a_capture_releases_the_rest(stripe: StripeServer) -> None:
    made = made_by_stripe()
    confirmed(stripe, made)
    assert figures(made) == ("AUTHORISED", 100, 0, 0)

    written(services.capture, made.pk, amount=Decimal("60.00"))
    perform_due()

    assert figures(made) == ("PARTIALLY_CAPTURED", 0, 60, 0)
    subject = stripe.intents[Payment.objects.get().gateway_reference]
    assert post(event("payment_intent.succeeded", subject, at=1)).json()["data"] == {"recorded": 0}


@pytest.mark.parametrize("is_confirmed", [True, False])
@pytest.mark.usefixtures("manual")
def test_a_payment_is_cancelled(is_confirmed: bool, stripe: StripeServer) -> None:
    made = made_by_stripe()
    if is_confirmed:
        confirmed(stripe, made)

    written(services.void, made.pk)
    perform_due()

    (intent,) = stripe.intents.values()
    assert (figures(made)[0], intent["status"]) == ("VOIDED", "canceled")
    assert request_of(made, "VOID").state == "SUCCEEDED"


def test_a_payment_whose_webhook_was_lost_is_noticed_when_it_is_voided(stripe: StripeServer) -> None:
    made = made_by_stripe()
    stripe.confirm(made.gateway_reference)

    written(services.void, made.pk)
    perform_due()

    assert figures(made) == ("CAPTURED", 0, 100, 0)
    assert request_of(made, "VOID").state == "FAILED"
    assert not Payment.objects.get().needs_attention


def test_refunds_are_recorded_once_by_response_and_webhook(stripe: StripeServer) -> None:
    made = made_by_stripe()
    confirmed(stripe, made)

    written(services.refund, made.pk, amount=Decimal("30.00"))
    perform_due()
    (refund,) = stripe.refunds.values()
    assert post(event("refund.created", refund, at=1)).json()["data"] == {"recorded": 0}

    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 30)
    assert refund["metadata"]["request_id"] == str(request_of(made, "REFUND").pk)


@pytest.mark.parametrize(
    ("status", "state", "expected"),
    [("succeeded", "SUCCEEDED", 30), ("failed", "FAILED", 0)],
)
def test_a_pending_refund_ends_with_a_webhook(
    status: str, state: str, expected: int, stripe: StripeServer
) -> None:
    made = made_by_stripe()
    confirmed(stripe, made)
    stripe.refund_status = "pending"
    written(services.refund, made.pk, amount=Decimal("30.00"))
    perform_due()
    assert request_of(made, "REFUND").state == "ACCEPTED"

    (refund,) = stripe.refunds.values()
    post(event("refund.updated", {**refund, "status": status}, at=2))

    assert request_of(made, "REFUND").state == state
    assert figures(made)[3] == expected
    assert Payment.objects.get().needs_attention == (status == "failed")


def test_a_refund_in_stripes_dashboard_is_recorded(stripe: StripeServer) -> None:
    made = made_by_stripe()
    confirmed(stripe, made)
    made.refresh_from_db()
    refund = {"id": "re_x", "amount": 1_000, "currency": "usd", "status": "succeeded", "metadata": {}}

    post(event("refund.created", {**refund, "payment_intent": made.gateway_reference}, at=3))

    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 10)


def test_a_dispute_needs_attention(stripe: StripeServer) -> None:
    made = made_by_stripe()
    confirmed(stripe, made)
    made.refresh_from_db()
    dispute = {"id": "dp_1", "amount": 10_000, "currency": "usd", "reason": "fraudulent", "metadata": {}}

    post(event("charge.dispute.created", {**dispute, "payment_intent": made.gateway_reference}, at=3))

    made.refresh_from_db()
    assert (made.needs_attention, figures(made)) == (True, ("CAPTURED", 0, 100, 0))


class TestUnknownOutcomes:
    @pytest.mark.parametrize("fault", ["lost", "down"])
    def test_it_is_attempted_again_and_created_once(self, fault: str, stripe: StripeServer) -> None:
        stripe.fault = fault
        made = made_by_stripe()
        assert request_of(made, "AUTHORISE").state == "PENDING"

        perform_due(NOW + PAUSES[0])

        assert request_of(made, "AUTHORISE").state == "SUCCEEDED"
        assert len(stripe.intents) == 1
        assert len({call.headers["idempotency-key"] for call in stripe.calls}) == 1

    def test_a_refund_whose_response_was_lost_is_paid_once(self, stripe: StripeServer) -> None:
        made = made_by_stripe()
        confirmed(stripe, made)
        stripe.fault = "lost"
        written(services.refund, made.pk, amount=Decimal("30.00"))

        perform_due()
        assert figures(made)[3] == 0
        perform_due(LATER)

        assert figures(made)[3] == 30
        assert len(stripe.refunds) == 1

    def test_a_key_that_is_in_use_is_tried_again(self, stripe: StripeServer) -> None:
        made = payment(gateway="stripe")
        stripe.in_use.add(str(request_of(made, "AUTHORISE").pk))
        perform_due()
        assert request_of(made, "AUTHORISE").state == "PENDING"

        stripe.in_use.clear()
        perform_due(LATER)

        assert request_of(made, "AUTHORISE").state == "SUCCEEDED"

    def test_an_error_of_stripe_that_it_stored_leaves_the_request_unresolved(
        self, stripe: StripeServer
    ) -> None:
        stripe.is_broken = True
        made = made_by_stripe()
        stripe.is_broken = False
        PaymentRequest.objects.update(attempts=MAX_ATTEMPTS - 1)

        perform_due(LATER)

        assert request_of(made, "AUTHORISE").state == "UNRESOLVED"
        assert (stripe.intents, Payment.objects.get().needs_attention) == ({}, True)

    def test_a_wrong_key_of_the_shop_is_not_the_customers_fault(self, stripe: StripeServer) -> None:
        keys = StripeKeys(secret="sk_test_other", publishable="", webhook_secret="")
        gateways.replace("stripe", StripeGateway(keys, url=stripe.url))

        made = made_by_stripe()

        assert request_of(made, "AUTHORISE").state == "PENDING"
        assert "key" in request_of(made, "AUTHORISE").error

    def test_an_unreachable_stripe_is_tried_again(self, stripe: StripeServer) -> None:
        keys = StripeKeys(secret=SECRET_KEY, publishable="", webhook_secret="")
        gateways.replace("stripe", StripeGateway(keys, url="http://127.0.0.1:9"))

        assert request_of(made_by_stripe(), "AUTHORISE").state == "PENDING"


def test_a_webhook_before_the_response_is_matched_by_its_metadata(stripe: StripeServer) -> None:
    stripe.fault = "lost"
    made = made_by_stripe()
    (intent,) = stripe.intents.values()

    kind = stripe.confirm(intent["id"])
    post(event(kind, intent, at=5))

    assert figures(made) == ("CAPTURED", 0, 100, 0)
    assert request_of(made, "AUTHORISE").state == "SUCCEEDED"

    written(services.refund, made.pk, amount=Decimal("30.00"))
    perform_due()
    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 30)


class TestWebhooks:
    def test_an_old_signature_is_refused(self, stripe: StripeServer) -> None:
        body = event("payment_intent.succeeded", {}, at=1)

        assert post(body, at=int(time.time()) - 301).json()["code"] == "invalid_webhook"

    @pytest.mark.parametrize("header", ["", "t=1", "v1=ab", "t=x,v1=ab", "t=1,v1=ab", "nonsense"])
    def test_a_missing_or_wrong_signature_is_refused(self, header: str, stripe: StripeServer) -> None:
        response = post(event("payment_intent.succeeded", {}, at=1), header=header)

        assert (response.status_code, response.json()["code"]) == (400, "invalid_webhook")

    @pytest.mark.parametrize("body", [b"\xff\xfe", b"[]", b"null", b"{}", b'{"data": 1, "created": 1}'])
    def test_a_signed_body_that_can_not_be_read_is_refused(self, body: bytes, stripe: StripeServer) -> None:
        response = post(body)

        assert (response.status_code, response.json()["code"]) == (400, "invalid_webhook")

    def test_a_gateway_that_is_no_longer_offered_still_reports(
        self, stripe: StripeServer, settings: Any
    ) -> None:
        made = made_by_stripe()
        settings.PAYMENT_GATEWAYS = ["cod"]
        assert confirmed(stripe, made).status_code == 404

        settings.STRIPE_WEBHOOK_SECRET = WEBHOOK_SECRET
        assert confirmed(stripe, made).json()["data"] == {"recorded": 1}

    def test_events_that_do_not_concern_payments_are_accepted(self, stripe: StripeServer) -> None:
        response = post(event("customer.created", {"id": "cus_1"}, at=1))

        assert (response.status_code, response.json()["data"]) == (200, {"recorded": 0})

    def test_an_event_of_another_shop_is_accepted(self, stripe: StripeServer) -> None:
        intent = {"id": "pi_foreign", "status": "succeeded", "amount": 5, "amount_received": 5}
        response = post(
            event("payment_intent.succeeded", {**intent, "currency": "eur", "metadata": {}}, at=1)
        )

        assert (response.status_code, response.json()["data"]) == (200, {"recorded": 0})


@pytest.mark.parametrize("kind", ["payment_intent.succeeded", "refund.created"])
def test_signed_webhooks_with_unexpected_values_are_refused_or_change_no_sum(
    kind: str, stripe: StripeServer
) -> None:
    made = made_by_stripe()
    (intent,) = stripe.intents.values()
    stripe.confirm(intent["id"])
    refund = {"id": "re_x", "amount": 10_000, "currency": "usd", "status": "failed", "metadata": {}}
    subjects = {kind: {**refund, "payment_intent": intent["id"]}, "payment_intent.succeeded": intent}
    whole = json.loads(event(kind, subjects[kind], at=1))
    for content in with_junk(whole):
        status = post(json.dumps(content).encode()).status_code
        assert status in (200, 400), content
    captured = Payment.objects.get(pk=made.pk).captured
    # Some values are valid, such as another time.
    assert captured in (0, 100)
    post(json.dumps(whole).encode())
    assert figures(made)[2:] == (100 if kind == "payment_intent.succeeded" else 0, 0)


@pytest.mark.parametrize(("received", "released"), [(0, 10_000), (100, 9_900), (20_000, -10_000)])
def test_a_success_with_another_amount_of_money_changes_nothing(
    received: int, released: int, stripe: StripeServer
) -> None:
    made = made_by_stripe()
    (intent,) = stripe.intents.values()
    lie = {**intent, "status": "succeeded", "amount_received": received}

    assert post(event("payment_intent.succeeded", lie, at=1)).status_code == 200

    assert figures(made) == ("PENDING", 0, 0, 0)
    payment = Payment.objects.get()
    assert (payment.needs_attention, payment.client_data != {}) == (True, True)
    kinds = ["CAPTURED"] + ["VOIDED"] * (released > 0)
    assert [(each.kind, each.problem) for each in made.events.exclude(kind="ACTION_REQUIRED")] == [
        (kind, "AMOUNT_DIFFERS") for kind in kinds
    ]
    confirmed(stripe, made)
    assert figures(made) == ("CAPTURED", 0, 100, 0)


@pytest.mark.parametrize(
    ("amount", "currency", "number"),
    [
        ("10.50", "USD", 1_050),
        ("500", "JPY", 500),
        ("1.500", "KWD", 1_500),
        ("7", "ISK", 700),
        ("7", "UGX", 700),
        ("1500.00", "MGA", 1_500),
    ],
)
def test_amounts_are_written_as_stripe_documents(amount: str, currency: str, number: int) -> None:
    assert to_stripe(Decimal(amount), currency=currency) == number
    assert from_stripe(number, currency=currency) == Decimal(amount)


@pytest.mark.parametrize(("amount", "currency"), [("1.505", "KWD"), ("0.50", "MGA")])
def test_an_amount_that_stripe_can_not_charge_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(GatewayRefused):
        to_stripe(Decimal(amount), currency=currency)


def test_a_payment_in_such_an_amount_is_declined(stripe: StripeServer) -> None:
    made = made_by_stripe("1.505", currency="KWD")

    assert figures(made)[0] == "DECLINED"
