"""Requests are limited to the authorised or captured amount that is not yet requested."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from backend.api.errors import InvalidInput
from backend.audit.models import AuditEntry
from backend.outbox.models import Message
from backend.payments import operators, selectors, services
from backend.payments.errors import (
    AmountNotCapturable,
    AmountNotCollectable,
    AmountNotRefundable,
    GatewayNotOffered,
    PaymentNotFound,
)
from backend.payments.models import Payment, PaymentRequest
from backend.payments.performing import MAX_ATTEMPTS
from tests.backend.payments.gateway import (
    RecordingGateway,
    figures,
    paid,
    payment,
    perform_due,
    request_of,
)
from tests.backend.shop import NOW, SYSTEM
from tests.backend.together import kinds, together

pytestmark = pytest.mark.django_db(transaction=True)


def execute(act: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call the service in a transaction, as its callers do."""
    amount = {"amount": Decimal(options.pop("amount"))} if "amount" in options else {}
    with transaction.atomic():
        return act(*args, **amount, **options, by=SYSTEM, now=NOW)


def test_a_new_payment_is_saved_together_with_its_request_and_message() -> None:
    new = services.new_payment(
        order_number="A-1",
        gateway="test",
        amount=Decimal("12.50"),
        currency="EUR",
        expires_at=NOW,
        now=NOW,
    )
    assert not Payment.objects.exists()

    with transaction.atomic():
        new.save()

    (request,) = PaymentRequest.objects.all()
    assert (request.kind, request.amount, request.state) == ("AUTHORISE", Decimal("12.50"), "PENDING")
    assert [(message.topic, message.key) for message in Message.objects.all()] == [
        ("payment_request", str(request.pk))
    ]


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"gateway": "barter"}, GatewayNotOffered),
        ({"gateway": "stripe"}, GatewayNotOffered),
        ({"amount": "0.00"}, InvalidInput),
        ({"amount": "-1.00"}, InvalidInput),
        ({"amount": "1.005"}, InvalidInput),
        ({"amount": "1.50", "currency": "JPY"}, InvalidInput),
        ({"options": {"scenario": "steal"}}, InvalidInput),
        ({"options": {"card": "4242"}}, InvalidInput),
        ({"gateway": "cod", "options": {"scenario": "approve"}}, InvalidInput),
    ],
)
def test_an_invalid_payment_is_refused(fields: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        payment(**fields)

    assert not Payment.objects.exists()


def test_a_gateway_that_is_no_longer_offered_still_refunds(gateway: RecordingGateway, settings: Any) -> None:
    made = paid()
    settings.PAYMENT_GATEWAYS = ["cod"]

    execute(services.refund, made.pk, amount="40.00")
    perform_due()

    assert figures(made) == ("PARTIALLY_REFUNDED", 0, 100, 40)


@pytest.mark.usefixtures("manual")
def test_parts_are_captured_within_what_is_authorised(gateway: RecordingGateway) -> None:
    made = paid()

    execute(services.capture, made.pk, amount="60.00")
    with pytest.raises(AmountNotCapturable) as refused:
        execute(services.capture, made.pk, amount="40.01")
    assert refused.value.details == {"requested": "40.01", "available": "40.00"}
    perform_due()
    assert figures(made) == ("PARTIALLY_CAPTURED", 40, 60, 0)

    execute(services.capture, made.pk, amount="40.00")
    perform_due()
    assert figures(made) == ("CAPTURED", 0, 100, 0)


@pytest.mark.usefixtures("manual")
def test_the_rest_of_an_authorisation_is_voided(gateway: RecordingGateway) -> None:
    made = paid()
    execute(services.capture, made.pk, amount="60.00")
    perform_due()

    request = execute(services.void, made.pk)
    assert (request.amount, execute(services.void, made.pk)) == (40, request)
    with pytest.raises(AmountNotCapturable):
        execute(services.capture, made.pk, amount="1.00")
    perform_due()

    assert figures(made) == ("PARTIALLY_CAPTURED", 0, 60, 0)
    assert execute(services.void, made.pk) is None


def test_a_pending_payment_can_be_voided(gateway: RecordingGateway) -> None:
    made = paid("100.03")

    execute(services.void, made.pk)
    perform_due()

    assert figures(made) == ("VOIDED", 0, 0, 0)
    assert Payment.objects.get().client_data == {}
    assert execute(services.void, made.pk) is None


def test_voiding_a_captured_payment_changes_nothing(gateway: RecordingGateway) -> None:
    made = payment()
    execute(services.void, made.pk)

    perform_due()

    made.refresh_from_db()
    assert (figures(made), made.needs_attention) == (("CAPTURED", 0, 100, 0), False)
    assert request_of(made, "VOID").state == "FAILED"


def test_refunds_never_exceed_what_was_paid(gateway: RecordingGateway) -> None:
    made = paid()
    execute(services.refund, made.pk, amount="70.00")

    with pytest.raises(AmountNotRefundable) as refused:
        execute(services.refund, made.pk, amount="30.01")
    assert refused.value.details == {"requested": "30.01", "available": "30.00"}
    assert selectors.sums_of("A-1").refund_pending == 70

    execute(services.refund, made.pk, amount="30.00")
    perform_due()
    sums = selectors.sums_of("A-1")
    found = [sums.captured, sums.refunded, sums.refund_pending, sums.kept]
    assert [int(amount) for amount in found] == [100, 100, 0, 0]


def test_of_concurrent_refunds_only_one_succeeds(gateway: RecordingGateway) -> None:
    made = paid()

    outcomes = together(*[lambda: execute(services.refund, made.pk, amount="60.00")] * 4)

    assert kinds(outcomes) == ["AmountNotRefundable"] * 3 + ["list"]


@pytest.mark.usefixtures("manual")
def test_a_refund_is_divided_among_the_captures(gateway: RecordingGateway) -> None:
    made = paid()
    for amount in ("60.00", "40.00"):
        execute(services.capture, made.pk, amount=amount)
        perform_due()

    requests = execute(services.refund, made.pk, amount="75.00")

    captured = [event.gateway_reference for event in made.events.filter(kind="CAPTURED").order_by("id")]
    assert [(each.target, each.amount) for each in requests] == [(captured[0], 60), (captured[1], 15)]


@pytest.mark.parametrize("kind", ["refund", "capture"])
@pytest.mark.usefixtures("manual")
def test_a_refused_request_needs_attention_and_frees_its_amount(kind: str, gateway: RecordingGateway) -> None:
    made = paid(options={"scenario": "refuse"})
    if kind == "refund":
        Payment.objects.update(options={})
        execute(services.capture, made.pk, amount="100.00")
        perform_due()
        Payment.objects.update(options={"scenario": "refuse"})

    execute(getattr(services, kind), made.pk, amount="100.00")
    perform_due()

    assert Payment.objects.get().needs_attention
    assert [each.state for each in made.requests.order_by("id")][-1] == "FAILED"
    execute(getattr(services, kind), made.pk, amount="100.00")
    execute(operators.acknowledge, made.pk)
    assert not Payment.objects.get().needs_attention


@pytest.mark.parametrize("amount", ["0.00", "-5.00", "1.001"])
@pytest.mark.parametrize("act", [services.refund, services.capture])
def test_an_amount_must_be_positive_and_precise(
    act: Callable[..., Any], amount: str, gateway: RecordingGateway
) -> None:
    made = paid()

    with pytest.raises(InvalidInput):
        execute(act, made.pk, amount=amount)


class TestCash:
    def test_cash_is_collected_in_parts_without_requests_to_a_gateway(self) -> None:
        made = payment(gateway="cod")
        assert not PaymentRequest.objects.exists()

        execute(services.collect, "A-1", amount="60.00", reference="shipment 1")
        execute(services.collect, "A-1", amount="60.00", reference="shipment 1")
        assert figures(made) == ("PARTIALLY_CAPTURED", 0, 60, 0)
        with pytest.raises(AmountNotCollectable):
            execute(services.collect, "A-1", amount="40.01", reference="shipment 2")
        execute(services.collect, "A-1", amount="40.00", reference="shipment 2")

        assert figures(made) == ("CAPTURED", 0, 100, 0)

    def test_cash_is_refunded_and_voided_immediately(self) -> None:
        made = payment(gateway="cod")
        execute(services.collect, "A-1", amount="100.00")
        (request,) = execute(services.refund, made.pk, amount="30.00")
        other = payment(gateway="cod", order_number="A-2")
        execute(services.void, other.pk)

        assert (request.state, figures(made)) == ("SUCCEEDED", ("PARTIALLY_REFUNDED", 0, 100, 30))
        assert figures(other) == ("VOIDED", 0, 0, 0)
        assert not PaymentRequest.objects.exclude(state="SUCCEEDED").exists()
        with pytest.raises(PaymentNotFound):
            execute(services.collect, "A-2", amount="1.00")

    def test_cash_collected_concurrently_is_counted_once(self) -> None:
        made = payment(gateway="cod")

        together(*[lambda: execute(services.collect, "A-1", amount="100.00")] * 4)

        assert figures(made) == ("CAPTURED", 0, 100, 0)
        assert made.events.count() == 1


class TestOperators:
    @pytest.fixture
    def unresolved(self, gateway: RecordingGateway) -> PaymentRequest:
        made = payment("100.06")
        PaymentRequest.objects.update(attempts=MAX_ATTEMPTS - 1)
        perform_due()
        return request_of(made, "AUTHORISE")

    def test_an_unresolved_request_is_attempted_again_with_its_key(
        self, unresolved: PaymentRequest, gateway: RecordingGateway
    ) -> None:
        Payment.objects.update(options={"scenario": "approve"})

        execute(operators.retry, unresolved.pk)
        perform_due()

        assert {instruction.key for _, instruction in gateway.calls} == {unresolved.pk}
        assert figures(unresolved.payment) == ("CAPTURED", 0, 100, 0)
        assert not Payment.objects.get().needs_attention

    def test_an_unresolved_request_is_given_up(self, unresolved: PaymentRequest) -> None:
        execute(operators.give_up, unresolved.pk, reason="not in the gateway's list")

        unresolved.refresh_from_db()
        assert (unresolved.state, unresolved.error) == ("FAILED", "not in the gateway's list")
        assert not Payment.objects.get().needs_attention
        with pytest.raises(PaymentNotFound):
            execute(operators.retry, unresolved.pk)


def test_every_write_records_its_author(gateway: RecordingGateway) -> None:
    made = paid()
    execute(services.refund, made.pk, amount="10.00", reason="scratched")

    entries = AuditEntry.objects.filter(action="payments.requested")
    assert [(entry.system_name, entry.changes["amount"]) for entry in entries] == [("tests", [None, "10"])]


@pytest.mark.parametrize(
    "change",
    [
        {"captured": 101},
        {"authorised": 1, "captured": 100},
        {"captured": 50, "refunded": 51},
        {"refunded": -1},
        {"status": "PAID"},
        {"amount": 0},
    ],
)
def test_the_database_refuses_sums_that_do_not_add_up(change: dict[str, Any]) -> None:
    made = payment()

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=made.pk).update(**change)


def test_the_database_adds_amounts_that_floats_cannot_represent() -> None:
    made = payment("0.30")

    Payment.objects.filter(pk=made.pk).update(authorised=Decimal("0.10"), captured=Decimal("0.20"))

    with pytest.raises(IntegrityError), transaction.atomic():
        Payment.objects.filter(pk=made.pk).update(captured=Decimal("0.2001"))
