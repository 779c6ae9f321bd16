"""Health sees when changes are not carried on."""

from datetime import timedelta

import pytest
from django.utils import timezone

from backend.outbox.follower import LEASE, Follower
from backend.outbox.health import GRACE, NotCarriedOn, attended, check
from tests.backend.outbox.listening import Clock, Listener

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


def test_subscribers_that_are_worked_for_are_counted() -> None:
    for name in ("one", "other"):
        Follower(Listener(name), owner="me").step()
    assert check() == {"subscribers": 2}


def test_a_shop_without_subscribers_has_nothing_to_carry() -> None:
    assert check() == {"subscribers": 0}


def test_a_subscriber_that_fails_is_named_with_its_reason() -> None:
    follower = Follower(Listener("search"), owner="me")
    follower.step()
    follower.note_failure("ConnectionError: refused")
    with pytest.raises(NotCarriedOn, match="search fails: ConnectionError: refused"):
        check()


def test_a_subscriber_that_nobody_works_for_is_named_after_a_while() -> None:
    clock = Clock()
    Follower(Listener("search"), owner="me", clock=clock.now, monotonic=clock.monotonic).step()
    ends = clock.now() + LEASE
    assert attended(now=ends + GRACE) == {"subscribers": 1}
    with pytest.raises(NotCarriedOn, match="no process works for search"):
        attended(now=ends + GRACE + timedelta(seconds=1))


def test_a_subscriber_whose_relay_was_stopped_is_named_at_once() -> None:
    follower = Follower(Listener("search"), owner="me")
    follower.step()
    follower.release()
    with pytest.raises(NotCarriedOn, match="no process works for search"):
        attended(now=timezone.now())
