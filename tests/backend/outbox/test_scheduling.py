"""Scheduled messages are published exactly once when they are due, in the order of their moments."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

import pytest
from django.db import connection, transaction

from backend.api.errors import NotInTransaction
from backend.outbox.models import Message, Scheduled
from backend.outbox.scheduling import publish_due, schedule
from backend.outbox.topics import Topic
from tests.backend.outbox.recording import Recorder
from tests.backend.outbox.test_relay import running
from tests.backend.shop import NOW
from tests.backend.together import Killed, killed_at, together
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


def scheduled(key: int, *minutes: float) -> None:
    with transaction.atomic():
        schedule(Topic.PRODUCT, key, due=[at(each) for each in minutes])


def published() -> list[str]:
    return list(Message.objects.order_by("id").values_list("key", flat=True))


def test_messages_are_published_at_their_moments_in_their_order() -> None:
    scheduled(1, 20)
    scheduled(2, 10, 30)
    scheduled(3, 20)

    assert [publish_due(now=at(minutes)) for minutes in (9, 10, 10, 30, 60)] == [0, 1, 0, 3, 0]
    assert published() == ["2", "1", "3", "2"]
    assert not Scheduled.objects.exists()


def test_what_was_due_while_no_relay_ran_is_published_later() -> None:
    scheduled(1, -60 * 24 * 365)
    scheduled(2, -1)

    assert publish_due(now=at(0)) == 2
    assert published() == ["1", "2"]


def test_other_moments_replace_those_of_the_same_key_and_none_cancel_them() -> None:
    for key in (1, 2, 3):
        scheduled(key, 10, 20)
    scheduled(1, 15, 15)
    scheduled(2)

    assert publish_due(now=at(60)) == 3
    assert published() == ["3", "1", "3"]


def test_a_change_that_is_rolled_back_schedules_nothing() -> None:
    scheduled(1, 10)
    with suppress(Killed), transaction.atomic():
        schedule(Topic.PRODUCT, 1, due=[])
        schedule(Topic.PRODUCT, 2, due=[at(10)])
        raise Killed

    publish_due(now=at(10))
    assert published() == ["1"]


def test_scheduling_needs_the_transaction_of_the_change() -> None:
    with pytest.raises(NotInTransaction):
        schedule(Topic.PRODUCT, 1, due=[at(1)])


def kills() -> Iterator[int]:
    """Yield the number of each statement of a move, until one ends without being killed."""
    for statement in range(1, 20):
        try:
            with connection.execute_wrapper(killed_at(statement)):
                publish_due(now=at(10))
        except Killed:
            connection.close()
            yield statement
        else:
            return


def test_a_relay_that_is_killed_anywhere_leaves_each_message_to_be_published_once() -> None:
    scheduled(1, 10)
    scheduled(2, 11)
    before = [(statement, published(), Scheduled.objects.count()) for statement in kills()]

    assert len(before) >= 3
    assert {(tuple(keys), left) for _, keys, left in before} == {((), 2)}
    assert (published(), Scheduled.objects.count()) == (["1"], 1)


def test_several_relays_publish_each_message_once() -> None:
    for key in range(1, 31):
        scheduled(key, key)

    outcomes = together(*[lambda: publish_due(now=at(60))] * 4)

    assert sorted(map(int, published())) == list(range(1, 31))
    assert published() == sorted(published(), key=int)
    assert sum(each for each in outcomes if isinstance(each, int)) == 30


def test_a_running_relay_delivers_a_message_that_is_due() -> None:
    recorder = Recorder()
    with running(lambda: [recorder]):
        scheduled(7, 0)
        wait_until(lambda: recorder.keys == ["7"])
    assert not Scheduled.objects.exists()
