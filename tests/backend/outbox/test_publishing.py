"""What goes into the outbox, and what may leave it for good."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from backend.outbox.follower import LOOK_UP_SECONDS, Follower
from backend.outbox.models import Cursor, Message
from backend.outbox.selectors import Lag, lag
from backend.outbox.services import (
    KEPT_FOR,
    NotInTransaction,
    close_cursor,
    open_cursor,
    prune,
    publish,
    publish_many,
)
from backend.outbox.tasks import prune_messages
from tests.backend.outbox.listening import Clock, Listener, say, words
from tests.backend.shop import NOW

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


def messages() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("topic", "key"))


def test_what_is_published_outside_a_transaction_could_be_untrue_and_is_refused() -> None:
    with pytest.raises(NotInTransaction):
        publish("product", 1)
    assert messages() == []


def test_what_did_not_happen_is_not_said() -> None:
    with transaction.atomic():
        publish("product", 1)
        transaction.set_rollback(True)
    assert messages() == []


def test_many_are_said_at_once() -> None:
    with transaction.atomic():
        publish_many("product", range(6_000))
    assert messages() == [("product", str(number)) for number in range(6_000)]


def test_a_new_cursor_at_the_head_hears_only_what_comes_after_it() -> None:
    say(1)
    open_cursor("listener", at_head=True)
    say(2)
    listener = Listener()
    Follower(listener, owner="me").step()
    assert listener.keys == ["2"]


def test_a_new_cursor_at_the_start_hears_everything() -> None:
    say(1, 2)
    open_cursor("listener", at_head=False)
    listener = Listener()
    Follower(listener, owner="me").step()
    assert listener.keys == ["1", "2"]


def test_opening_a_cursor_again_leaves_it_where_it_is() -> None:
    open_cursor("listener", at_head=False)
    say(1)
    open_cursor("listener", at_head=True)
    assert lag("listener", topics=["product"], now=timezone.now()).messages == 1


def test_lag_counts_the_topics_that_are_heard_and_the_age_of_the_oldest() -> None:
    open_cursor("listener", at_head=True)
    say(1, 2)
    say(9, topic="category")
    Message.objects.update(created_at=NOW)
    assert lag("listener", topics=["product"], now=NOW + timedelta(seconds=4)) == Lag(messages=2, seconds=4.0)
    Follower(Listener(), owner="me").step()
    assert lag("listener", topics=["product"], now=NOW) == Lag(messages=0, seconds=0.0)


def test_old_messages_go_when_every_subscriber_has_passed_them() -> None:
    slow, fast = Listener("slow"), Listener("fast")
    open_cursor("slow", at_head=False)
    open_cursor("fast", at_head=False)
    say(*range(3))
    Follower(fast, owner="me").step()
    assert prune(now=timezone.now() + KEPT_FOR + timedelta(minutes=1)) == 0
    Follower(slow, owner="me").step()
    say(4)
    assert prune(now=timezone.now() + KEPT_FOR - timedelta(minutes=1)) == 0, "too young"
    assert prune(now=timezone.now() + KEPT_FOR + timedelta(minutes=1)) == 3
    assert messages() == [("product", "4")]


def test_nothing_is_pruned_before_anybody_listens() -> None:
    say(1)
    assert prune(now=timezone.now() + KEPT_FOR * 2) == 0


def test_a_closed_cursor_keeps_nothing_from_being_pruned() -> None:
    open_cursor("gone", at_head=False)
    open_cursor("listener", at_head=False)
    say(1)
    Follower(Listener(), owner="me").step()
    close_cursor("gone")
    assert prune(now=timezone.now() + KEPT_FOR * 2) == 1


def test_a_subscriber_whose_topics_are_quiet_keeps_nothing_from_being_pruned() -> None:
    clock = Clock()
    quiet = Listener("quiet", topics=frozenset({"category"}))
    follower = Follower(quiet, owner="me", clock=clock.now, monotonic=clock.monotonic)
    follower.step()
    say(*range(3))
    clock.seconds += LOOK_UP_SECONDS
    follower.step()
    assert prune(now=timezone.now() + KEPT_FOR * 2) == 3
    say("home", topic="category")
    follower.step()
    assert quiet.keys == ["home"]


def test_the_task_prunes_by_the_clock_of_today() -> None:
    open_cursor("listener", at_head=False)
    say(*range(2))
    Follower(Listener(), owner="me").step()
    Message.objects.filter(key="0").update(created_at=timezone.now() - KEPT_FOR * 2)
    assert prune_messages() == 1
    assert [key for _, key in messages()] == words([1])
    assert Cursor.objects.count() == 1
