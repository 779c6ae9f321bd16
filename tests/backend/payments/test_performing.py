"""Performing requests once although responses get lost, and recording events in any order."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from backend.outbox.models import Message
from backend.payments.errors import OutcomeUnknown
from backend.payments.gateways.protocol import Instruction, Outcome
from backend.payments.gateways.simulated import reported, signed
from backend.payments.models import EventKind, Payment, PaymentEvent, PaymentRequest
from backend.payments.performing import LEASE, MAX_ATTEMPTS, PAUSES, due, perform
from backend.payments.services import void
from tests.backend.payments.gateway import (
    RecordingGateway,
    figures,
    paid,
    payment,
    perform_due,
    recording,
    request_of,
    send,
)
from tests.backend.shop import NOW, SYSTEM
from tests.backend.together import together

pytestmark = pytest.mark.django_db(transaction=True)


def kinds(made: Payment) -> list[str]:
    return [event.kind for event in PaymentEvent.objects.filter(payment=made).order_by("id")]


@pytest.mark.parametrize(
    ("amount", "expected", "events"),
    [
        ("100.00", ("CAPTURED", 0, 100, 0), ["CAPTURED"]),
        ("100.02", ("DECLINED", 0, 0, 0), ["DECLINED"]),
        ("100.03", ("PENDING", 0, 0, 0), ["ACTION_REQUIRED"]),
        ("100.08", ("CAPTURED", 0, 100, 0), ["CAPTURED"]),
        ("100.09", ("CAPTURED", 0, 100, 0), ["CAPTURED", "AUTHORISED"]),
        ("100.10", ("CAPTURED", 0, 100, 0), ["CAPTURED", "CAPTURED"]),
    ],
)
def test_the_amount_determines_the_outcome_at_the_test_gateway(
    amount: str, expected: tuple[str, int, int, int], events: list[str], gateway: RecordingGateway
) -> None:
    made = paid(amount)

    assert figures(made) == expected
    assert kinds(made) == events
    assert gateway.names == ["authorise"]


def test_the_option_scenario_takes_precedence_over_the_amount(gateway: RecordingGateway) -> None:
    assert paid("100.02", options={"scenario": "approve"}).status == "CAPTURED"
    assert paid("100.00", options={"scenario": "decline"}).status == "DECLINED"


def test_a_payment_is_only_authorised_if_the_shop_captures_later(
    gateway: RecordingGateway, settings: Any
) -> None:
    settings.PAYMENT_CAPTURE = "manual"

    made = paid()

    assert figures(made) == ("AUTHORISED", 100, 0, 0)


def test_every_event_is_published_once(gateway: RecordingGateway) -> None:
    made = paid("100.08")

    published = Message.objects.filter(topic="payment_event").values_list("key", flat=True)
    assert list(published) == [str(event.pk) for event in made.events.all()]


def test_a_request_whose_response_was_lost_is_repeated_with_the_same_key(gateway: RecordingGateway) -> None:
    made = paid("100.05")
    assert request_of(made, "AUTHORISE").state == "PENDING"
    assert perform_due(NOW) == []

    assert perform_due(NOW + PAUSES[0]) == ["SUCCEEDED"]

    (_, first), (_, second) = gateway.calls
    assert first.key == second.key == request_of(made, "AUTHORISE").pk
    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_a_request_without_a_response_is_attempted_a_limited_number_of_times(
    gateway: RecordingGateway,
) -> None:
    made = payment("100.06")
    now = NOW

    for pause in (timedelta(0), *PAUSES):
        now += pause
        assert len(perform_due(now)) == 1

    assert len(gateway.calls) == MAX_ATTEMPTS
    assert request_of(made, "AUTHORISE").state == "UNRESOLVED"
    assert sum(PAUSES, timedelta(0)) < timedelta(hours=6)
    made.refresh_from_db()
    assert made.needs_attention
    assert perform_due(now + timedelta(days=1)) == []


def test_a_webhook_resolves_a_request_whose_outcome_was_unknown(gateway: RecordingGateway) -> None:
    made = payment("100.06")
    PaymentRequest.objects.update(attempts=MAX_ATTEMPTS - 1)
    perform_due()
    assert request_of(made, "AUTHORISE").state == "UNRESOLVED"

    (instruction,) = [instruction for _, instruction in gateway.calls]
    send_captured(instruction)

    assert request_of(made, "AUTHORISE").state == "SUCCEEDED"
    made.refresh_from_db()
    assert (made.status, made.needs_attention) == ("CAPTURED", False)


def send_captured(instruction: Instruction) -> None:
    send(signed([reported(instruction, EventKind.CAPTURED)], now=NOW))


def test_a_webhook_that_comes_before_the_response_is_recorded_once(gateway: RecordingGateway) -> None:
    gateway.before = send_captured

    made = paid()

    assert kinds(made) == ["CAPTURED"]
    assert request_of(made, "AUTHORISE").state == "SUCCEEDED"
    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_a_webhook_that_comes_while_the_response_is_lost_ends_the_request(gateway: RecordingGateway) -> None:
    def lost(instruction: Instruction) -> Outcome:
        send_captured(instruction)
        raise OutcomeUnknown("connection lost")

    gateway.instead = lost
    made = paid()

    assert request_of(made, "AUTHORISE").state == "SUCCEEDED"
    assert perform_due(NOW + timedelta(days=1)) == []
    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_a_delayed_outcome_is_reported_by_a_webhook() -> None:
    with recording() as (_, later):
        made = paid("100.07")
        assert request_of(made, "AUTHORISE").state == "ACCEPTED"
        assert figures(made)[0] == "PENDING"

        ((webhook, after),) = later
        assert (send(webhook, now=NOW + after), send(webhook, now=NOW + after)) == (1, 0)

    assert request_of(made, "AUTHORISE").state == "SUCCEEDED"
    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_a_request_that_is_performed_concurrently_reaches_the_gateway_once(gateway: RecordingGateway) -> None:
    made = payment()
    request = request_of(made, "AUTHORISE")

    states = together(*[lambda: perform(request.pk, clock=lambda: NOW)] * 4)

    assert sorted(map(str, states)) == ["None", "None", "None", "SUCCEEDED"]
    assert gateway.names == ["authorise"]
    assert kinds(made) == ["CAPTURED"]


def test_a_request_is_not_performed_again_while_its_lease_lasts(gateway: RecordingGateway) -> None:
    class Killed(BaseException):
        pass

    def kill(instruction: Instruction) -> None:
        raise Killed

    made = payment()
    gateway.before = kill
    with pytest.raises(Killed):
        perform_due()
    gateway.before = lambda instruction: None

    assert due(now=NOW + LEASE - timedelta(seconds=1), limit=10) == []
    assert perform_due(NOW + LEASE) == ["SUCCEEDED"]
    assert len({instruction.key for _, instruction in gateway.calls}) == 1
    assert figures(made) == ("CAPTURED", 0, 100, 0)


def test_a_request_whose_last_attempt_was_killed_is_left_unresolved(gateway: RecordingGateway) -> None:
    made = payment()
    PaymentRequest.objects.update(attempts=MAX_ATTEMPTS)

    assert perform_due() == [None]

    assert gateway.calls == []
    assert request_of(made, "AUTHORISE").state == "UNRESOLVED"


def test_requests_of_a_payment_are_performed_in_order(gateway: RecordingGateway) -> None:
    made = payment()
    with transaction.atomic():
        request = void(made.pk, by=SYSTEM, now=NOW)
    assert request is not None

    assert perform(request.pk, clock=lambda: NOW) is None
    assert gateway.calls == []
    perform_due()
    assert gateway.names == ["authorise", "void"]
