"""Retries, order, limits, and what stops an endpoint."""

from datetime import timedelta
from itertools import pairwise
from typing import NoReturn

import pytest

from backend.audit.models import AuditEntry
from backend.webhooks.errors import NotSent
from backend.webhooks.models import (
    DeliveryAttempt,
    EndpointState,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEndpoint,
)
from backend.webhooks.sending import (
    CLAIM_LASTS,
    GIVE_UP_AFTER,
    JITTER,
    MOST_AT_ONCE,
    PAUSES,
    has_due,
    recover,
)
from tests.backend import shop
from tests.backend.together import together
from tests.backend.webhooks.conftest import Clock, Sending, answer, broken, endpoint, event, numbers

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def test_an_acknowledged_delivery_is_not_sent_again(sending: Sending) -> None:
    endpoint()
    event(1)

    assert (sending.all_due(), sending.all_due()) == (1, 0)

    row = WebhookDelivery.objects.get()
    assert (row.state, row.status, row.attempts) == ("DELIVERED", 200, 1)
    assert DeliveryAttempt.objects.get().status == 200


def test_retries_are_spread_over_three_days_with_the_same_id(sending: Sending, clock: Clock) -> None:
    receiver = endpoint()
    event(1)
    sending.client.answers[receiver.url] = answer(500, body=b"out of \x00order")
    attempted = []
    while has_due_later():
        clock.now = WebhookDelivery.objects.get().due_at
        WebhookEndpoint.objects.update(not_before=None)
        sending.all_due()
        attempted.append(clock.now)

    row = WebhookDelivery.objects.get()
    assert (row.state, row.status, row.reason) == ("FAILED", 500, "The receiver answered 500.")
    pauses = [later - earlier for earlier, later in pairwise(attempted)]
    assert len(pauses) in (8, 9)
    for pause, planned in zip(pauses, PAUSES, strict=False):
        assert planned * (1 - JITTER) <= pause <= planned * (1 + JITTER)
    assert attempted[-1] - attempted[0] <= GIVE_UP_AFTER
    assert len({headers["webhook-id"] for _, _, headers in sending.client.sent}) == 1
    assert DeliveryAttempt.objects.earliest("pk").response_body == "out of \N{REPLACEMENT CHARACTER}order"


def has_due_later() -> bool:
    return WebhookDelivery.objects.filter(state=WebhookDeliveryState.PENDING).exists()


def test_events_of_an_object_are_sent_in_their_order(sending: Sending, clock: Clock) -> None:
    receiver = endpoint()
    event(1)
    event(2)
    event(3, of="order:2")
    sending.client.answers[receiver.url] = broken

    sending.all_due()
    assert sorted(numbers(sending.client)) == [1, 3]
    sending.client.answers.clear()
    sending.client.sent.clear()
    assert sending.all_due() == 0
    clock.pass_(seconds=30)
    assert sending.all_due() == 3
    sent = numbers(sending.client)
    assert sent.index(1) < sent.index(2)


def test_a_later_event_is_sent_after_an_earlier_one_was_given_up(sending: Sending, clock: Clock) -> None:
    endpoint()
    event(1)
    WebhookDelivery.objects.update(state=WebhookDeliveryState.FAILED)
    event(2)

    assert sending.all_due() == 1
    assert numbers(sending.client) == [2]


def test_410_disables_the_endpoint_and_ends_its_deliveries(sending: Sending) -> None:
    receiver = endpoint()
    event(1)
    event(2)
    sending.client.answers[receiver.url] = answer(410)

    sending.all_due()
    event(3)

    receiver.refresh_from_db()
    assert (receiver.state, receiver.state_reason) == ("GONE", "The receiver answered 410 Gone.")
    assert list(WebhookDelivery.objects.values_list("state", flat=True)) == ["FAILED", "FAILED"]
    assert len(sending.client.sent) == 1
    assert AuditEntry.objects.filter(action="webhooks.endpoint_stopped").count() == 1


@pytest.mark.parametrize(
    ("status", "retry_after", "pause"),
    [
        (429, "120", timedelta(minutes=2)),
        (503, "Mon, 02 Mar 2026 12:10:00 GMT", timedelta(minutes=10)),
        (503, "99999999", timedelta(days=1)),
    ],
)
def test_retry_after_is_respected(
    sending: Sending, clock: Clock, status: int, retry_after: str, pause: timedelta
) -> None:
    receiver = endpoint()
    event(1)
    sending.client.answers[receiver.url] = answer(status, retry_after=retry_after)

    sending.all_due()

    receiver.refresh_from_db()
    assert WebhookDelivery.objects.get().due_at == clock.now + pause
    assert receiver.not_before == clock.now + min(pause, timedelta(hours=1))


def test_an_answer_that_is_no_http_is_a_failed_attempt_although_it_has_zero_bytes(sending: Sending) -> None:
    receiver = endpoint()
    event(1)

    def not_http() -> NoReturn:
        raise NotSent("BadStatusLine: \x00\x00junk\r\n")

    sending.client.answers[receiver.url] = not_http

    sending.all_due()

    receiver.refresh_from_db()
    assert receiver.failures == 1
    assert DeliveryAttempt.objects.get().error.startswith("BadStatusLine: \N{REPLACEMENT CHARACTER}")
    assert WebhookDelivery.objects.get().attempts == 1


@pytest.mark.parametrize(
    ("status", "retry_after"),
    [
        (500, "3600"),
        (503, ""),
        (503, "soon"),
        (429, "-5"),
        (503, "Mon, 02 Mar 2020 12:10:00 GMT"),
        (503, "Fri, 31 Dec 99999999999999999999 23:59:59 GMT"),
        (429, "Mon, 01 Jan 2029 00:00:00 +" + "9" * 30),
    ],
)
def test_other_values_of_retry_after_have_no_effect(
    sending: Sending, clock: Clock, status: int, retry_after: str
) -> None:
    receiver = endpoint()
    event(1)
    sending.client.answers[receiver.url] = answer(status, retry_after=retry_after)

    sending.all_due()

    assert WebhookDelivery.objects.get().due_at < clock.now + timedelta(seconds=10)


def test_an_endpoint_that_is_down_costs_one_request_in_five_minutes(sending: Sending, clock: Clock) -> None:
    receiver = endpoint()
    for number in range(40):
        event(number, of=f"order:{number}")
    sending.client.answers[receiver.url] = broken
    for _ in range(60):
        sending.all_due()
        clock.pass_(seconds=10)
    sending.client.sent.clear()
    for _ in range(60):
        sending.all_due()
        clock.pass_(seconds=10)

    assert 1 <= len(sending.client.sent) <= 4


def test_an_endpoint_that_fails_for_three_days_is_paused_and_its_deliveries_wait(
    sending: Sending, clock: Clock
) -> None:
    receiver = endpoint()
    sending.client.answers[receiver.url] = broken
    event(1)
    sending.all_due()
    clock.pass_(days=3)
    event(2, of="order:2", at=clock.now)
    sending.all_due()
    event(3, of="order:3", at=clock.now)
    sending.all_due()

    receiver.refresh_from_db()
    assert receiver.state == EndpointState.PAUSED
    assert receiver.state_reason.startswith("Every request failed for three days; the last one: No response")
    assert WebhookDelivery.objects.filter(state=WebhookDeliveryState.PENDING).count() == 2
    assert len(sending.client.sent) == 2


def test_a_success_ends_the_failures(sending: Sending, clock: Clock) -> None:
    receiver = endpoint(failures=9, failing_since=clock.now - timedelta(days=2))
    event(1)

    sending.all_due()

    receiver.refresh_from_db()
    assert (receiver.failures, receiver.failing_since, receiver.last_succeeded_at) == (0, None, clock.now)


def test_a_claim_of_a_killed_process_expires(sending: Sending, clock: Clock) -> None:
    endpoint()
    event(1)
    lost = sending.sender.claim()
    assert lost is not None
    assert sending.sender.claim() is None

    clock.pass_(seconds=CLAIM_LASTS.total_seconds() + 1)
    assert recover(now=clock.now) == 1
    assert sending.all_due() == 1


def test_an_outcome_of_an_expired_claim_does_not_change_the_delivery(sending: Sending, clock: Clock) -> None:
    receiver = endpoint()
    event(1)
    slow = sending.sender.claim()
    assert slow is not None
    clock.pass_(minutes=2)
    assert sending.all_due() == 1

    sending.client.answers[receiver.url] = broken
    sending.sender.send(slow)

    assert WebhookDelivery.objects.get().state == WebhookDeliveryState.DELIVERED


def test_a_delivery_is_claimed_once(sending: Sending) -> None:
    endpoint(last_duration_ms=5)
    event(1)

    claimed = together(*[sending.sender.claim] * 4)

    assert [each is not None for each in claimed].count(True) == 1


def claims(sending: Sending) -> list[str]:
    found = []
    while (delivery := sending.sender.claim()) is not None:
        found.append(delivery.endpoint.url)
    return found


def test_an_endpoint_has_few_requests_at_a_time(sending: Sending) -> None:
    endpoint("https://fast.example/", last_duration_ms=5)
    endpoint("https://new.example/")
    endpoint("https://slow.example/", last_duration_ms=3_000)
    endpoint("https://failing.example/", last_duration_ms=5, failures=1)
    for number in range(10):
        event(number, of=f"order:{number}")

    assert sorted(claims(sending)) == [
        "https://failing.example/",
        *["https://fast.example/"] * MOST_AT_ONCE,
        "https://new.example/",
        "https://slow.example/",
    ]


def test_slow_endpoints_leave_half_of_the_threads_to_the_others(sending: Sending) -> None:
    for number in range(6):
        endpoint(f"https://slow{number}.example/", last_duration_ms=3_000)
    endpoint("https://fast.example/", last_duration_ms=5)
    event(1)
    sending.threads = 4

    claimed = claims(sending)

    assert len([url for url in claimed if "slow" in url]) == 2
    assert "https://fast.example/" in claimed


def test_endpoints_take_turns(sending: Sending, clock: Clock) -> None:
    for name in ("a", "b"):
        endpoint(f"https://{name}.example/", last_duration_ms=5)
    for number in range(3):
        event(number, of=f"order:{number}")
    served = []
    for _ in range(6):
        clock.pass_(seconds=1)
        delivery = sending.sender.claim()
        assert delivery is not None
        served.append(delivery.endpoint.url)
        sending.sender.send(delivery)

    assert all(one != other for one, other in pairwise(served))


def test_nothing_is_sent_for_a_seller_who_was_deactivated(sending: Sending, clock: Clock) -> None:
    owner = shop.seller()
    endpoint(seller=owner)
    event(1)
    row = endpoint("https://b.example/")
    event(2)
    WebhookDelivery.objects.filter(endpoint=row).update(endpoint=WebhookEndpoint.objects.get(seller=owner))
    owner.is_active = False
    owner.save()

    assert not has_due(now=clock.now)
    assert sending.all_due() == 0


def test_what_waits_for_three_days_is_given_up(sending: Sending, clock: Clock) -> None:
    endpoint(state=EndpointState.PAUSED)
    event(1)
    clock.pass_(days=3, seconds=1)

    sending.all_due()

    row = WebhookDelivery.objects.get()
    assert (row.state, row.reason) == ("FAILED", "It waited for three days.")
