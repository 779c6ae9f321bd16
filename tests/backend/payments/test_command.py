"""`manage.py payments` lists what needs an operator, and resolves it."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from backend.payments.models import Payment, PaymentRequest
from backend.payments.performing import MAX_ATTEMPTS
from tests.backend.payments.gateway import RecordingGateway, figures, paid, payment, perform_due, request_of

pytestmark = pytest.mark.django_db(transaction=True)

NOTHING = ["no payment needs an operator"]


def printed(*arguments: str) -> list[str]:
    out = StringIO()
    call_command("payments", *arguments, stdout=out)
    return out.getvalue().splitlines()


@pytest.fixture
def unresolved(gateway: RecordingGateway) -> PaymentRequest:
    made = payment("100.06")
    PaymentRequest.objects.update(attempts=MAX_ATTEMPTS - 1)
    perform_due()
    return request_of(made, "AUTHORISE")


def test_it_lists_payments_with_the_reasons(unresolved: PaymentRequest) -> None:
    lying = paid("100.10", order_number="A-2")
    paid(order_number="A-3")

    assert printed() == [
        f"{lying.pk} order A-2 test CAPTURED",
        f"  event CAPTURED 200.2 USD test-{request_of(lying, 'AUTHORISE').pk} AMOUNT_DIFFERS",
        f"{unresolved.payment_id} order A-1 test PENDING",
        f"  request {unresolved.pk} AUTHORISE 100.06 the test gateway is unavailable",
    ]


def test_an_acknowledged_payment_is_not_listed(gateway: RecordingGateway) -> None:
    lying = paid("100.10")

    assert printed("--acknowledge", str(lying.pk)) == NOTHING


def test_a_request_is_attempted_again(unresolved: PaymentRequest) -> None:
    Payment.objects.update(options={"scenario": "approve"})

    assert printed("--retry", str(unresolved.pk)) == NOTHING
    unresolved.refresh_from_db()
    perform_due(unresolved.next_attempt_at or unresolved.created_at)

    assert figures(unresolved.payment)[0] == "CAPTURED"


def test_a_request_is_given_up_with_the_reason(unresolved: PaymentRequest) -> None:
    assert printed("--give-up", str(unresolved.pk), "--reason", "not in the dashboard") == NOTHING

    unresolved.refresh_from_db()
    assert (unresolved.state, unresolved.error) == ("FAILED", "not in the dashboard")


@pytest.mark.parametrize("option", ["--retry", "--give-up", "--acknowledge"])
def test_an_unknown_id_is_an_error(option: str) -> None:
    with pytest.raises(CommandError, match="there is no such payment"):
        printed(option, str(uuid4()))
