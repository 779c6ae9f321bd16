"""Commands that changed much end when everybody has caught up."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.db import transaction
from pytest_django import Settings

from backend.outbox.catch_up import NotCaughtUp, catch_up
from backend.outbox.services import publish, publish_many
from backend.outbox.subscribers import Change, Subscriber

pytestmark = pytest.mark.django_db(transaction=True)

engines: list[str] = []
heard: list[str] = []


class FansOut:
    """Answers each category with a message for a product."""

    name = "fans_out"
    topics = frozenset({"category"})
    quiet_seconds = 0.0
    batch_size = 100

    def handle(self, changes: Sequence[Change]) -> None:
        with transaction.atomic():
            publish_many("product", [f"of {change.key}" for change in changes])


class Hears:
    """Keeps the products that it hears of, and needs the engines for it."""

    name = "hears"
    topics = frozenset({"product"})
    quiet_seconds = 0.0
    batch_size = 100

    def handle(self, changes: Sequence[Change]) -> None:
        assert engines == ["running"]
        heard.extend(change.key for change in changes)


def subscribers() -> list[Subscriber]:
    return [FansOut(), Hears()]


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
    heard.clear()


def test_everybody_is_at_the_end_when_it_returns_and_the_engines_are_off_again() -> None:
    with transaction.atomic():
        publish("product", 1)
    done: list[str] = []

    catch_up(progress=done.append)

    assert heard == ["1"]
    assert done == ["fans_out", "hears"]
    assert engines == []


def test_what_a_subscriber_publishes_is_carried_to_those_who_stand_behind_it() -> None:
    with transaction.atomic():
        publish("category", 7)

    catch_up()

    assert heard == ["of 7"]


def test_catching_up_twice_says_nothing_twice() -> None:
    with transaction.atomic():
        publish("product", 1)

    catch_up()
    catch_up()

    assert heard == ["1"]


def test_a_subscriber_that_fails_is_named_by_its_fault_and_hears_it_next_time(settings: Settings) -> None:
    with transaction.atomic():
        publish("product", 1)
    settings.OUTBOX_ENGINES = "contextlib.nullcontext"

    with pytest.raises(NotCaughtUp, match="AssertionError"):
        catch_up()

    settings.OUTBOX_ENGINES = f"{__name__}.running"
    catch_up()
    assert heard == ["1"]
