"""Publishing, cursors, lag and pruning."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from backend.api.errors import NotInTransaction
from backend.outbox.cursors import delete_cursor, open_cursor
from backend.outbox.models import Cursor, Message
from backend.outbox.runner import HEAD_SECONDS, SubscriberRunner
from backend.outbox.selectors import Lag, lag
from backend.outbox.services import (
    KEPT_FOR,
    prune,
    publish,
    publish_many,
)
from backend.outbox.subscribers import Start
from backend.outbox.tasks import prune_messages
from backend.outbox.topics import Topic
from tests.backend.outbox.recording import Clock, Recorder, publish_settled, texts
from tests.backend.shop import NOW

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


def messages() -> list[tuple[str, str]]:
    return list(Message.objects.order_by("pk").values_list("topic", "key"))


def test_publishing_outside_a_transaction_is_refused() -> None:
    with pytest.raises(NotInTransaction):
        publish(Topic.PRODUCT, 1)
    assert messages() == []


def test_a_transaction_that_rolls_back_publishes_nothing() -> None:
    with transaction.atomic():
        publish(Topic.PRODUCT, 1)
        transaction.set_rollback(True)
    assert messages() == []


def test_several_keys_are_published_in_their_order() -> None:
    with transaction.atomic():
        publish_many(Topic.PRODUCT, range(6_000))
    assert messages() == [(Topic.PRODUCT, str(number)) for number in range(6_000)]


def test_a_cursor_opened_at_the_head_receives_only_later_messages() -> None:
    publish_settled(1)
    open_cursor("recorder", start=Start.HEAD)
    publish_settled(2)
    recorder = Recorder()
    SubscriberRunner(recorder, owner="me").step()
    assert recorder.keys == ["2"]


def test_a_cursor_opened_at_the_oldest_message_receives_all() -> None:
    publish_settled(1, 2)
    open_cursor("recorder", start=Start.OLDEST)
    recorder = Recorder()
    SubscriberRunner(recorder, owner="me").step()
    assert recorder.keys == ["1", "2"]


def test_opening_an_open_cursor_does_not_move_it() -> None:
    open_cursor("recorder", start=Start.OLDEST)
    publish_settled(1)
    open_cursor("recorder", start=Start.HEAD)
    assert lag(Recorder(), now=timezone.now()).messages == 1


def test_lag_is_the_number_of_unread_messages_and_the_age_of_the_oldest() -> None:
    open_cursor("recorder", start=Start.HEAD)
    publish_settled(1, 2)
    publish_settled(9, topic=Topic.CATEGORY)
    Message.objects.update(created_at=NOW)
    assert lag(Recorder(), now=NOW + timedelta(seconds=4)) == Lag(messages=2, seconds=4.0)
    SubscriberRunner(Recorder(), owner="me").step()
    assert lag(Recorder(), now=NOW) == Lag(messages=0, seconds=0.0)


def test_old_messages_are_pruned_once_every_subscriber_has_handled_them() -> None:
    slow, fast = Recorder("slow"), Recorder("fast")
    open_cursor("slow", start=Start.OLDEST)
    open_cursor("fast", start=Start.OLDEST)
    publish_settled(*range(3))
    SubscriberRunner(fast, owner="me").step()
    assert prune(now=timezone.now() + KEPT_FOR + timedelta(minutes=1)) == 0
    SubscriberRunner(slow, owner="me").step()
    publish_settled(4)
    assert prune(now=timezone.now() + KEPT_FOR - timedelta(minutes=1)) == 0, "the messages are not old enough"
    assert prune(now=timezone.now() + KEPT_FOR + timedelta(minutes=1)) == 3
    assert messages() == [(Topic.PRODUCT, "4")]


def test_nothing_is_pruned_without_a_subscriber() -> None:
    publish_settled(1)
    assert prune(now=timezone.now() + KEPT_FOR * 2) == 0


def test_a_closed_cursor_does_not_stop_pruning() -> None:
    open_cursor("gone", start=Start.OLDEST)
    open_cursor("recorder", start=Start.OLDEST)
    publish_settled(1)
    SubscriberRunner(Recorder(), owner="me").step()
    delete_cursor("gone")
    assert prune(now=timezone.now() + KEPT_FOR * 2) == 1


def test_a_subscriber_whose_topics_have_no_messages_does_not_stop_pruning() -> None:
    clock = Clock()
    quiet = Recorder("quiet", topics=frozenset({Topic.CATEGORY}))
    runner = SubscriberRunner(quiet, owner="me", clock=clock.now, monotonic=clock.monotonic)
    runner.step()
    publish_settled(*range(3))
    clock.seconds += HEAD_SECONDS
    runner.step()
    assert prune(now=timezone.now() + KEPT_FOR * 2) == 3
    publish_settled("home", topic=Topic.CATEGORY)
    runner.step()
    assert quiet.keys == ["home"]


def test_the_task_prunes_old_messages() -> None:
    open_cursor("recorder", start=Start.OLDEST)
    publish_settled(*range(2))
    SubscriberRunner(Recorder(), owner="me").step()
    Message.objects.filter(key="0").update(created_at=timezone.now() - KEPT_FOR * 2)
    assert prune_messages() == 1
    assert [key for _, key in messages()] == texts([1])
    assert Cursor.objects.count() == 1
