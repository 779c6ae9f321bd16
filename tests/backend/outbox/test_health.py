"""Health checks report subscribers that fail or that no process runs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.outbox.errors import SubscribersNotRunning
from backend.outbox.health import GRACE, check, check_at
from backend.outbox.runner import LEASE, SubscriberRunner
from tests.backend.outbox.recording import Clock, Recorder

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


def test_running_subscribers_are_counted() -> None:
    for name in ("one", "other"):
        SubscriberRunner(Recorder(name), owner="me").step()
    assert check() == {"subscribers": 2}


def test_a_shop_without_subscribers_is_healthy() -> None:
    assert check() == {"subscribers": 0}


def test_a_failing_subscriber_is_reported_with_the_reason() -> None:
    runner = SubscriberRunner(Recorder("search"), owner="me")
    runner.step()
    runner.record_failure("ConnectionError: refused")
    with pytest.raises(SubscribersNotRunning, match="search fails: ConnectionError: refused"):
        check()


def test_a_subscriber_whose_lease_expired_is_reported_after_the_grace_period() -> None:
    clock = Clock()
    SubscriberRunner(Recorder("search"), owner="me", clock=clock.now, monotonic=clock.monotonic).step()
    ends = clock.now() + LEASE
    assert check_at(ends + GRACE) == {"subscribers": 1}
    with pytest.raises(SubscribersNotRunning, match="no process runs search"):
        check_at(ends + GRACE + timedelta(seconds=1))


def test_a_subscriber_whose_relay_was_stopped_is_reported_immediately() -> None:
    runner = SubscriberRunner(Recorder("search"), owner="me")
    runner.step()
    runner.release()
    with pytest.raises(SubscribersNotRunning, match="no process runs search"):
        check_at(timezone.now())
