"""Commands with many changes wait until every subscriber has caught up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.db import transaction
from pytest_django import Settings

from backend.outbox.catch_up import catch_up
from backend.outbox.errors import NotCaughtUp
from backend.outbox.services import publish, publish_many
from backend.outbox.subscribers import Notice, Start, Subscriber
from backend.outbox.topics import Topic

pytestmark = pytest.mark.django_db(transaction=True)

engines: list[str] = []
received: list[str] = []


class FansOut:
    """Publishes a product for each category."""

    name = "fans_out"
    topics = frozenset({Topic.CATEGORY})
    start = Start.OLDEST
    quiet_seconds = 0.0
    batch_size = 100

    def handle(self, notices: Sequence[Notice]) -> None:
        with transaction.atomic():
            publish_many(Topic.PRODUCT, [f"of {notice.key}" for notice in notices])


class Receives:
    """Records the keys of products; it requires that the engines are running."""

    name = "receives"
    topics = frozenset({Topic.PRODUCT})
    start = Start.OLDEST
    quiet_seconds = 0.0
    batch_size = 100

    def handle(self, notices: Sequence[Notice]) -> None:
        assert engines == ["running"]
        received.extend(notice.key for notice in notices)


def subscribers() -> list[Subscriber]:
    return [FansOut(), Receives()]


@contextmanager
def running() -> Iterator[None]:
    engines.append("running")
    yield
    engines.clear()


@pytest.fixture(autouse=True)
def _ours(settings: Settings) -> None:
    settings.OUTBOX_SUBSCRIBERS = f"{__name__}.subscribers"
    settings.OUTBOX_ENGINES = f"{__name__}.running"
    engines.clear()
    received.clear()


def test_all_subscribers_are_caught_up_and_engines_stopped_at_the_end() -> None:
    with transaction.atomic():
        publish(Topic.PRODUCT, 1)
    done: list[str] = []

    catch_up(progress=done.append)

    assert received == ["1"]
    assert done == ["fans_out", "receives"]
    assert engines == []


def test_messages_published_by_a_subscriber_are_delivered_to_later_subscribers() -> None:
    with transaction.atomic():
        publish(Topic.CATEGORY, 7)

    catch_up()

    assert received == ["of 7"]


def test_catching_up_twice_delivers_nothing_twice() -> None:
    with transaction.atomic():
        publish(Topic.PRODUCT, 1)

    catch_up()
    catch_up()

    assert received == ["1"]


def test_a_failure_is_reported_and_its_messages_are_delivered_the_next_time(settings: Settings) -> None:
    with transaction.atomic():
        publish(Topic.PRODUCT, 1)
    settings.OUTBOX_ENGINES = "contextlib.nullcontext"

    with pytest.raises(NotCaughtUp, match="AssertionError"):
        catch_up()

    settings.OUTBOX_ENGINES = f"{__name__}.running"
    catch_up()
    assert received == ["1"]
