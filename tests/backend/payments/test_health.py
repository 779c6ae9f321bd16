"""The health check of payments."""

from datetime import timedelta

import pytest

from backend.payments.health import OVERDUE, PaymentsNeedAttention, check_at
from backend.payments.models import PaymentRequest
from backend.payments.performing import MAX_ATTEMPTS
from tests.backend.payments.gateway import RecordingGateway, paid, payment, perform_due
from tests.backend.shop import NOW

pytestmark = pytest.mark.django_db(transaction=True)


def test_due_requests_are_reported_and_fail_the_check_only_after_some_minutes() -> None:
    payment()

    facts = check_at(NOW + OVERDUE)
    assert (facts["due"], facts["overdue_seconds"]) == (1, OVERDUE.total_seconds())
    with pytest.raises(PaymentsNeedAttention, match="1 requests to payment gateways are due") as found:
        check_at(NOW + OVERDUE + timedelta(seconds=1))
    assert "Celery" in found.value.remedy


def test_a_request_that_waits_for_its_next_attempt_is_not_due(gateway: RecordingGateway) -> None:
    paid("100.06")

    assert check_at(NOW)["due"] == 0


def test_a_payment_that_needs_attention_fails_the_check(gateway: RecordingGateway) -> None:
    payment("100.06")
    PaymentRequest.objects.update(attempts=MAX_ATTEMPTS - 1)
    perform_due()

    with pytest.raises(PaymentsNeedAttention, match="1 payments need attention, 1 requests are unresolved"):
        check_at(NOW)


def test_a_shop_without_payments_is_healthy() -> None:
    assert check_at(NOW)["needing_attention"] == 0
