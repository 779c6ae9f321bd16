"""One query finds out for all subscribers whether there are new messages."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from backend.outbox.cursors import open_cursor
from backend.outbox.models import Message
from backend.outbox.services import KEPT_FOR, prune, publish
from backend.outbox.subscribers import Start
from backend.outbox.topics import Topic
from backend.outbox.watch import Watch
from tests.backend.outbox.recording import publish_alone, publish_settled
from tests.backend.together import DEADLINE_SECONDS
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


def test_topics_of_new_messages_are_reported_once() -> None:
    watch = Watch()
    publish_settled(1, topic=Topic.CATEGORY)
    assert watch.new_topics() == frozenset(Topic), "a new process doesn't know what is unread"
    assert watch.new_topics() == frozenset()
    publish_settled(1, 2, topic=Topic.PRODUCT)
    publish_settled(1, topic=Topic.ORDER)
    assert watch.new_topics() == {Topic.PRODUCT, Topic.ORDER}
    assert watch.new_topics() == frozenset()


def test_an_idle_outbox_costs_one_query() -> None:
    watch = Watch()
    publish_settled(1)
    watch.new_topics()
    with CaptureQueriesContext(connection) as queries:
        watch.new_topics()
    assert len(queries.captured_queries) == 1


def test_all_topics_are_reported_after_the_newest_message_disappeared() -> None:
    """It disappears by pruning, or because an older dump was restored."""
    watch = Watch()
    publish_settled(1, 2)
    watch.new_topics()
    Message.objects.filter(key="2").delete()
    assert watch.new_topics() == frozenset(Topic)
    open_cursor("reader", start=Start.HEAD)
    assert prune(now=timezone.now() + KEPT_FOR + timedelta(minutes=1)) == 1
    watch.new_topics()
    publish_settled(3)
    assert watch.new_topics() == frozenset(Topic)


def test_messages_are_reported_when_the_older_transactions_that_delayed_them_have_ended() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, so none can begin earlier and commit later")
    watch, wrote, commit = Watch(), threading.Event(), threading.Event()
    publish_settled(0)
    watch.new_topics()

    def older() -> None:
        with transaction.atomic():
            publish(Topic.ORDER, "older")
            wrote.set()
            assert commit.wait(DEADLINE_SECONDS)
        connection.close()

    thread = threading.Thread(target=older, daemon=True)
    thread.start()
    assert wrote.wait(DEADLINE_SECONDS)
    publish_alone("younger", topic=Topic.PRODUCT)
    assert watch.new_topics() == frozenset()
    commit.set()
    thread.join(DEADLINE_SECONDS)
    reported: set[str] = set()

    def are_reported() -> bool:
        reported.update(watch.new_topics())
        return reported == {Topic.ORDER, Topic.PRODUCT}

    wait_until(are_reported)
