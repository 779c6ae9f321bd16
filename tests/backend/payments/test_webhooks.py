"""Webhooks over HTTP: signatures, repetition, order and contradictions."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.test import APIClient

from backend.outbox.models import Message
from backend.payments.gateways.protocol import Outcome, Report
from backend.payments.gateways.simulated import SIGNATURE_HEADER, Webhook, signature_of, signed
from backend.payments.models import EventKind, Payment, PaymentEvent
from backend.payments.services import refund
from tests.backend.payments.gateway import RecordingGateway, figures, paid, payment, perform_due
from tests.backend.shop import NOW, SYSTEM
from tests.backend.together import together

pytestmark = pytest.mark.django_db(transaction=True)

PATH = "/api/payments/webhooks/test/"


def report(made: Payment, kind: str, amount: Any = None, **fields: Any) -> Report:
    given = {
        "currency": made.currency,
        "reference": f"ref-{kind}",
        "occurred_at": NOW,
        "payment_id": made.pk,
        **fields,
    }
    return Report(kind=EventKind(kind), amount=None if amount is None else Decimal(amount), **given)


def post(webhook: Webhook, *, path: str = PATH) -> Any:
    return APIClient().post(
        path, data=webhook.body, content_type="application/json", headers=dict(webhook.headers)
    )


def reported(made: Payment, kind: str, amount: Any = None, **fields: Any) -> Any:
    return post(signed([report(made, kind, amount, **fields)], now=timezone.now()))


def test_a_webhook_is_recorded_and_its_repetition_changes_nothing(gateway: RecordingGateway) -> None:
    made = payment()

    first, second = reported(made, "CAPTURED"), reported(made, "CAPTURED")

    assert (first.status_code, first.json()["data"]) == (200, {"recorded": 1})
    assert (second.status_code, second.json()["data"]) == (200, {"recorded": 0})
    assert figures(made) == ("CAPTURED", 0, 100, 0)
    assert Message.objects.filter(topic="payment_event").count() == 1


def test_a_webhook_that_arrives_many_times_at_once_is_recorded_once(gateway: RecordingGateway) -> None:
    made = payment()

    responses = together(*[lambda: reported(made, "CAPTURED")] * 6)

    assert sorted(response.json()["data"]["recorded"] for response in responses) == [0] * 5 + [1]  # type: ignore[attr-defined]
    assert PaymentEvent.objects.count() == 1


@pytest.mark.parametrize(
    "kinds",
    [["AUTHORISED", "CAPTURED", "REFUNDED"], ["REFUNDED", "CAPTURED", "AUTHORISED"]],
    ids=["in order", "reversed"],
)
def test_the_order_of_webhooks_does_not_matter(kinds: list[str], gateway: RecordingGateway) -> None:
    made = payment()

    for kind in kinds:
        assert reported(made, kind).status_code == 200

    assert figures(made) == ("REFUNDED", 0, 100, 100)
    assert not Payment.objects.get().needs_attention


@pytest.mark.parametrize(
    ("difference", "problem"),
    [
        ({"amount": 1}, "AMOUNT_DIFFERS"),
        ({"amount": 1_000}, "AMOUNT_DIFFERS"),
        ({"amount": 0}, "AMOUNT_DIFFERS"),
        ({"currency": "JPY"}, "CURRENCY_DIFFERS"),
    ],
)
def test_an_event_that_contradicts_the_payment_is_stored_and_changes_no_sum(
    difference: dict[str, Any], problem: str, gateway: RecordingGateway
) -> None:
    made = payment()

    assert reported(made, "CAPTURED", **difference).status_code == 200
    assert reported(made, "CAPTURED", **difference).json()["data"] == {"recorded": 0}

    event = made.events.get()
    assert (event.problem, figures(made)) == (problem, ("PENDING", 0, 0, 0))
    assert Payment.objects.get().needs_attention
    assert reported(made, "CAPTURED").json()["data"] == {"recorded": 1}
    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_another_amount_under_a_known_reference_is_a_contradiction(gateway: RecordingGateway) -> None:
    made = paid()
    reported(made, "REFUNDED", 30)
    reported(made, "REFUNDED", 31)

    assert list(made.events.order_by("id").values_list("problem", flat=True)) == ["", "", "CONTRADICTS"]
    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 30)


def test_a_refund_of_another_amount_than_was_requested_changes_no_sum(gateway: RecordingGateway) -> None:
    made = paid()
    gateway.instead = lambda instruction: Outcome(pending=True)
    with transaction.atomic():
        (request,) = refund(made.pk, amount=Decimal(30), by=SYSTEM, now=NOW)
    perform_due()

    for amount, problem, state in ((50, "AMOUNT_DIFFERS", "ACCEPTED"), (30, "", "SUCCEEDED")):
        reported(made, "REFUNDED", amount, request_id=request.pk)
        assert made.events.get(amount=amount).problem == problem
        request.refresh_from_db()
        assert request.state == state
    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 30)


def test_a_refund_beyond_what_was_paid_changes_no_sum(gateway: RecordingGateway) -> None:
    made = paid()
    reported(made, "REFUNDED", 80, reference="1")
    reported(made, "REFUNDED", 80, reference="2")

    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 80)
    assert Payment.objects.get().needs_attention


def test_a_refund_that_fails_later_is_reversed(gateway: RecordingGateway) -> None:
    made = paid()
    reported(made, "REFUNDED", 80, reference="re_1")
    reported(made, "REFUND_FAILED", 80, reference="re_1")

    assert figures(made) == ("CAPTURED", 0, 100, 0)
    assert Payment.objects.get().needs_attention


def test_a_capture_after_the_expiry_is_recorded(gateway: RecordingGateway) -> None:
    made = payment(expires_at=NOW - timedelta(days=30))

    reported(made, "CAPTURED")

    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_the_customer_approves_or_declines_with_the_client_data(gateway: RecordingGateway) -> None:
    made = payment("100.03", now=timezone.now())
    perform_due(timezone.now())
    client_data = Payment.objects.get().client_data

    def choose(choice: str) -> Any:
        headers = {client_data["header"]: client_data[f"{choice}_signature"]}
        return post(Webhook(client_data[f"{choice}_body"].encode(), headers), path=client_data["url"])

    assert choose("decline").status_code == 200
    assert figures(made)[0] == "DECLINED"
    assert choose("approve").status_code == 200
    assert figures(made)[0] == "CAPTURED"


def test_an_approved_payment_is_completed_once(gateway: RecordingGateway) -> None:
    made = payment()
    made.requests.update(state="SUCCEEDED", next_attempt_at=None)

    reported(made, "APPROVED", reference="evt_1")
    reported(made, "APPROVED", reference="evt_2")
    perform_due(timezone.now())

    assert gateway.names == ["complete"]
    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_a_completion_that_was_refused_is_tried_again_when_the_customer_approves_again(
    gateway: RecordingGateway,
) -> None:
    made = payment()
    made.requests.update(state="FAILED", kind="COMPLETE", next_attempt_at=None)

    reported(made, "APPROVED", reference="evt_2")
    perform_due(timezone.now())

    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_an_unknown_payment_is_accepted_and_not_recorded(gateway: RecordingGateway) -> None:
    cash = payment(gateway="cod")
    unknown = Payment(pk=uuid4(), currency="USD")

    for made in (cash, unknown):
        response = reported(made, "CAPTURED")
        assert (response.status_code, response.json()["data"]) == (200, {"recorded": 0})
    assert not PaymentEvent.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {SIGNATURE_HEADER: ""},
        {SIGNATURE_HEADER: "t=,v1="},
        {SIGNATURE_HEADER: "t=1,v1=00"},
        {SIGNATURE_HEADER: "t=٣,v1=é"},
        {SIGNATURE_HEADER: "t=99999999999999999999,v1=0"},
        {SIGNATURE_HEADER: "t=999999999999,v1=0"},
    ],
)
def test_an_unsigned_webhook_is_refused(headers: dict[str, str], gateway: RecordingGateway) -> None:
    made = payment()
    webhook = signed([report(made, "CAPTURED")], now=NOW)

    response = post(Webhook(webhook.body, headers))

    assert (response.status_code, response.json()["code"]) == (400, "invalid_webhook")
    assert not PaymentEvent.objects.exists()


def test_a_changed_or_old_webhook_is_refused(gateway: RecordingGateway) -> None:
    made = payment()
    now = timezone.now()
    webhook = signed([report(made, "CAPTURED")], now=now)
    old = signed([report(made, "CAPTURED")], now=now - timedelta(days=2))

    changed = Webhook(webhook.body.replace(b"USD", b"EUR"), webhook.headers)
    for each in (changed, old):
        assert post(each).json()["code"] == "invalid_webhook"


def test_a_signed_body_that_cannot_be_parsed_is_refused(gateway: RecordingGateway) -> None:
    for body in (b"", b"[]", b"\xff", b'{"reports": [{"kind": "STOLEN"}]}'):
        webhook = resigned(body)
        response = post(webhook)
        assert (response.status_code, response.json()["code"]) == (400, "invalid_webhook"), body


def resigned(body: bytes) -> Webhook:
    now = timezone.now()
    return Webhook(body, {SIGNATURE_HEADER: f"t={int(now.timestamp())},v1={signature_of(body, now=now)}"})


def test_a_large_body_is_refused_before_its_signature_is_checked() -> None:
    response = post(Webhook(json.dumps({"x": "y" * 300_000}).encode(), {}))

    assert response.status_code == 413


@pytest.mark.parametrize("name", ["stripe", "barter", "cod"])
def test_only_offered_gateways_have_webhooks(name: str) -> None:
    response = post(Webhook(b"{}", {}), path=f"/api/payments/webhooks/{name}/")

    expected = (400, "invalid_webhook") if name == "cod" else (404, "payment_webhook_not_found")
    assert (response.status_code, response.json()["code"]) == expected
