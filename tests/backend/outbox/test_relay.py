"""Each subscriber runs in its own thread, so that a slow or failing one doesn't delay the others."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import OperationalError, connection, transaction
from django.utils import timezone
from pytest_django import Settings

from backend.outbox import relay as relay_module
from backend.outbox import runner as runner_module
from backend.outbox.cursors import open_cursor
from backend.outbox.errors import DrainTimeout
from backend.outbox.models import Cursor
from backend.outbox.relay import Relay, drain, process_name
from backend.outbox.runner import LEASE, SubscriberRunner
from backend.outbox.services import publish
from backend.outbox.subscribers import Notice, Start, Subscriber
from backend.outbox.topics import Topic
from backend.outbox.watch import Watch
from tests.backend.outbox.recording import Broken, Recorder, publish_settled
from tests.backend.together import DEADLINE_SECONDS
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


@contextmanager
def running(subscribers: Callable[[], Sequence[Subscriber]]) -> Iterator[None]:
    """Run a relay in a thread."""
    stopping = threading.Event()

    def run() -> None:
        Relay(subscribers).run(stopping)
        connection.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(DEADLINE_SECONDS)
        assert not thread.is_alive()


def test_every_subscriber_receives_what_is_published_while_the_relay_runs() -> None:
    one, other = Recorder("one"), Recorder("other")
    with running(lambda: [one, other]):
        publish_settled(1)
        wait_until(lambda: one.keys == other.keys == ["1"])
        publish_settled(2)
        wait_until(lambda: one.keys == other.keys == ["1", "2"])
    assert set(Cursor.objects.values_list("lease_owner", flat=True)) == {""}, "leases are released at the end"


def test_a_failing_subscriber_does_not_delay_others_and_its_failure_is_stored() -> None:
    broken, sound = Recorder("broken", broken=True), Recorder("sound")
    with running(lambda: [broken, sound]):
        publish_settled(1)
        wait_until(lambda: sound.keys == ["1"])
        wait_until(lambda: Cursor.objects.filter(subscriber="broken", failure="Broken: broken").exists())
        broken.broken = False
        wait_until(lambda: broken.keys == ["1"])
        wait_until(lambda: Cursor.objects.get(subscriber="broken").failure == "")


def test_a_slow_subscriber_does_not_delay_others() -> None:
    wake = threading.Event()
    slow = Recorder("slow", during=lambda: wake.wait(DEADLINE_SECONDS))
    fast = Recorder("fast")
    with running(lambda: [slow, fast]):
        publish_settled(1)
        wait_until(lambda: fast.keys == ["1"])
        assert slow.keys == []
        wake.set()
        wait_until(lambda: slow.keys == ["1"])


def test_the_relay_follows_changes_of_the_list_of_subscribers() -> None:
    first, second = Recorder("first"), Recorder("second")
    present: list[Subscriber] = [first]
    with running(lambda: list(present)):
        publish_settled(1)
        wait_until(lambda: first.keys == ["1"])
        present[:] = [second]
        wait_until(lambda: second.keys == ["1"])
        wait_until(lambda: Cursor.objects.get(subscriber="first").lease_owner == "")
        publish_settled(2)
        wait_until(lambda: second.keys == ["1", "2"])
    assert first.keys == ["1"]


def test_running_subscribers_continue_if_listing_subscribers_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "REFRESH_SECONDS", 0.02)
    recorder, calls = Recorder(), []

    def subscribers() -> list[Subscriber]:
        calls.append(1)
        if len(calls) > 1:
            raise Broken
        return [recorder]

    with running(subscribers):
        wait_until(lambda: len(calls) > 3)
        publish_settled(1)
        wait_until(lambda: recorder.keys == ["1"])


def test_idle_subscribers_run_no_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: Counter[str] = Counter()
    looks: list[int] = []

    class CountingRunner(SubscriberRunner):
        def step(self) -> bool:
            steps[self.subscriber.name] += 1
            return super().step()

    class CountingWatch(Watch):
        def new_topics(self) -> frozenset[str]:
            looks.append(1)
            return super().new_topics()

    monkeypatch.setattr(relay_module, "SubscriberRunner", CountingRunner)
    monkeypatch.setattr(relay_module, "Watch", CountingWatch)
    monkeypatch.setattr(relay_module, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(runner_module, "LEASE", timedelta(hours=1))
    products, orders = Recorder("products"), Recorder("orders", topics=frozenset({Topic.ORDER}))
    with running(lambda: [products, orders]):
        publish_settled(1)
        wait_until(lambda: products.keys == ["1"] and len(looks) >= 100)
    # The first step, and one each because the lease was free and because a new watch reports every topic.
    assert steps["orders"] <= 3
    assert steps["products"] <= 5, "two more: the message's step, and one that finds nothing"


def test_a_message_that_the_watch_misses_is_delivered_when_the_lease_is_renewed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Failing(Watch):
        def new_topics(self) -> frozenset[str]:
            raise OperationalError("connection lost")

    monkeypatch.setattr(relay_module, "Watch", Failing)
    monkeypatch.setattr(runner_module, "RENEW_BELOW", LEASE - timedelta(seconds=0.1))
    recorder = Recorder()
    with running(lambda: [recorder]):
        wait_until(lambda: Cursor.objects.exclude(lease_owner="").exists())
        publish_settled(1)
        wait_until(lambda: recorder.keys == ["1"])


@pytest.mark.parametrize("released", [True, False], ids=["released", "expired"])
def test_a_standby_takes_a_free_lease_without_waiting_for_its_next_attempt(
    monkeypatch: pytest.MonkeyPatch, *, released: bool
) -> None:
    monkeypatch.setattr(runner_module, "RETRY_SECONDS", 3_600.0)
    attempted = threading.Event()

    class Standby(SubscriberRunner):
        def step(self) -> bool:
            worked = super().step()
            attempted.set()
            return worked

    monkeypatch.setattr(relay_module, "SubscriberRunner", Standby)
    holder, standby = SubscriberRunner(Recorder(), owner="holder"), Recorder()
    holder.step()
    with running(lambda: [standby]):
        assert attempted.wait(DEADLINE_SECONDS)
        publish_settled(1)
        if released:
            holder.release()
        else:
            Cursor.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
        wait_until(lambda: standby.keys == ["1"])


def test_draining_ends_when_every_subscriber_has_handled_all_committed_messages() -> None:
    recorders = [Recorder("one", batch_size=2), Recorder("other")]
    arrived: list[str] = []
    publish_settled(*range(5))
    drain(recorders, timeout=DEADLINE_SECONDS, progress=arrived.append)
    assert [sorted(recorder.keys) for recorder in recorders] == [["0", "1", "2", "3", "4"]] * 2
    assert arrived == ["one", "other"]
    assert set(Cursor.objects.values_list("lease_owner", flat=True)) == {""}


def test_draining_an_empty_outbox_ends_at_once() -> None:
    drain([Recorder()], timeout=0.0)


def test_draining_in_the_transaction_that_published_fails_at_once_instead_of_waiting_for_itself() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("on SQLite a transaction reads its own messages")
    recorder = Recorder()
    with transaction.atomic():
        publish(Topic.PRODUCT, 1)
        with pytest.raises(DrainTimeout, match="transaction that is open here"):
            drain([recorder], timeout=DEADLINE_SECONDS)
    assert recorder.keys == []


def test_draining_waits_for_the_quiet_period() -> None:
    recorder = Recorder(quiet_seconds=0.2)
    publish_settled(1)
    drain([recorder], timeout=DEADLINE_SECONDS)
    publish_settled(1)
    drain([recorder], timeout=DEADLINE_SECONDS)
    assert recorder.keys == ["1", "1"]


class FansOut(Recorder):
    """Publishes a product for each category."""

    def handle(self, notices: Sequence[Notice]) -> None:
        super().handle(notices)
        with transaction.atomic():
            publish(Topic.PRODUCT, "of the category")


def test_draining_includes_messages_that_earlier_subscribers_published() -> None:
    fans_out, recorder = FansOut("fans out", topics=frozenset({Topic.CATEGORY})), Recorder()
    publish_settled("home", topic=Topic.CATEGORY)
    drain([fans_out, recorder], timeout=DEADLINE_SECONDS)
    assert recorder.keys == ["of the category"]


def test_draining_waits_for_a_running_relay_instead_of_delivering() -> None:
    worker = Recorder()
    with running(lambda: [worker]):
        wait_until(lambda: Cursor.objects.exclude(lease_owner="").exists())
        publish_settled(1)
        draining = Recorder()
        drain([draining], timeout=DEADLINE_SECONDS)
    assert (worker.keys, draining.keys) == (["1"], [])


def test_a_drain_that_times_out_names_the_subscriber_and_its_cursor() -> None:
    SubscriberRunner(Recorder(), owner="holds the lease and sleeps").step()
    publish_settled(1)
    with pytest.raises(DrainTimeout, match="the cursor of recorder is at"):
        drain([Recorder()], timeout=0.1)


def test_an_exception_of_a_subscriber_ends_draining() -> None:
    publish_settled(1)
    with pytest.raises(Broken):
        drain([Recorder(broken=True)], timeout=DEADLINE_SECONDS)
    assert Cursor.objects.get().lease_owner == ""


def test_process_names_are_unique() -> None:
    names = {process_name() for _ in range(50)}
    assert len(names) == 50
    assert max(map(len, names)) <= 64


def test_the_relay_closes_abandoned_cursors_but_not_its_own(
    monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    monkeypatch.setattr(relay_module, "ABANDONED_SECONDS", 0.0)
    settings.OUTBOX_ABANDONED_AFTER = timedelta(0)
    open_cursor("gone", start=Start.HEAD)
    with running(lambda: [Recorder("declared")]):
        wait_until(lambda: Cursor.objects.filter(subscriber="gone").exclude(closed_at=None).exists())
        wait_until(lambda: Cursor.objects.filter(subscriber="declared").exclude(lease_owner="").exists())
    assert Cursor.objects.get(subscriber="declared").closed_at is None
