"""What is deleted, and what health says."""

from datetime import timedelta

import pytest

from backend.webhooks.errors import WebhooksStuck
from backend.webhooks.health import check_at
from backend.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEvent
from backend.webhooks.retention import delete_old
from tests.backend.shop import NOW
from tests.backend.webhooks.conftest import Clock, Sending, answer, endpoint, event

pytestmark = [pytest.mark.stores, pytest.mark.django_db]
MONTH = timedelta(days=30)


def test_old_events_are_deleted_with_their_deliveries_unless_one_waits(
    sending: Sending, clock: Clock
) -> None:
    endpoint()
    event(1)
    sending.all_due()
    endpoint("https://b.example/", state="PAUSED")
    event(2)
    later = NOW + MONTH + timedelta(seconds=1)

    assert delete_old(older_than=MONTH, now=NOW + MONTH) == 0
    assert delete_old(older_than=MONTH, now=later) == 1
    assert WebhookEvent.objects.get().source == "test:2"
    assert not DeliveryAttempt.objects.exists()
    WebhookDelivery.objects.update(state="FAILED")
    assert delete_old(older_than=MONTH, now=later) == 1


def test_health_counts_endpoints_and_notices_that_nobody_sends(sending: Sending, clock: Clock) -> None:
    failing = endpoint()
    endpoint("https://b.example/", state="PAUSED", types=["stock.low"])
    event(1)
    sending.client.answers[failing.url] = answer(500)
    sending.all_due()

    facts = check_at(clock.now)
    assert (facts["waiting"], facts["failing_endpoints"], facts["paused_endpoints"]) == (1, 1, 1)
    with pytest.raises(WebhooksStuck, match="the oldest for 29 minutes"):
        check_at(clock.now + timedelta(minutes=30))
