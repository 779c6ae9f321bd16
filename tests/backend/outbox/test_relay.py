"""Every subscriber on its own: a slow, dead or broken one holds up nobody else."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import pytest
from django.db import connection, transaction

from backend.outbox import relay as relay_module
from backend.outbox.follower import Follower
from backend.outbox.models import Cursor
from backend.outbox.relay import DrainTimeout, Relay, drain, process_name
from backend.outbox.services import publish
from backend.outbox.subscribers import Change, Subscriber
from tests.backend.outbox.listening import Broken, Listener, say
from tests.backend.together import DEADLINE_SECONDS, eventually

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


@contextmanager
def running(subscribers: Callable[[], Sequence[Subscriber]]) -> Iterator[None]:
    """Have a relay running in a thread."""
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


def test_everybody_hears_what_is_said_while_the_relay_runs() -> None:
    one, other = Listener("one"), Listener("other")
    with running(lambda: [one, other]):
        say(1)
        eventually(lambda: one.keys == other.keys == ["1"])
        say(2)
        eventually(lambda: one.keys == other.keys == ["1", "2"])
    assert set(Cursor.objects.values_list("lease_owner", flat=True)) == {""}, (
        "leases are given back at the end"
    )


def test_a_broken_subscriber_holds_up_nobody_and_says_why() -> None:
    broken, sound = Listener("broken", broken=True), Listener("sound")
    with running(lambda: [broken, sound]):
        say(1)
        eventually(lambda: sound.keys == ["1"])
        eventually(lambda: Cursor.objects.filter(subscriber="broken", failure="Broken: broken").exists())
        broken.broken = False
        eventually(lambda: broken.keys == ["1"])
        eventually(lambda: Cursor.objects.get(subscriber="broken").failure == "")


def test_a_slow_subscriber_holds_up_nobody() -> None:
    wake = threading.Event()
    slow = Listener("slow", during=lambda: wake.wait(DEADLINE_SECONDS))
    fast = Listener("fast")
    with running(lambda: [slow, fast]):
        say(1)
        eventually(lambda: fast.keys == ["1"])
        assert slow.keys == []
        wake.set()
        eventually(lambda: slow.keys == ["1"])


def test_subscribers_come_and_go_while_the_relay_runs() -> None:
    first, second = Listener("first"), Listener("second")
    present: list[Subscriber] = [first]
    with running(lambda: list(present)):
        say(1)
        eventually(lambda: first.keys == ["1"])
        present[:] = [second]
        eventually(lambda: second.keys == ["1"])
        eventually(lambda: Cursor.objects.get(subscriber="first").lease_owner == "")
        say(2)
        eventually(lambda: second.keys == ["1", "2"])
    assert first.keys == ["1"]


def test_a_roll_call_that_fails_does_not_stop_those_who_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay_module, "ROLL_CALL_SECONDS", 0.02)
    listener, calls = Listener(), []

    def subscribers() -> list[Subscriber]:
        calls.append(1)
        if len(calls) > 1:
            raise Broken
        return [listener]

    with running(subscribers):
        eventually(lambda: len(calls) > 3)
        say(1)
        eventually(lambda: listener.keys == ["1"])


def test_draining_ends_when_everybody_has_passed_all_that_is_committed() -> None:
    listeners = [Listener("one", batch_size=2), Listener("other")]
    arrived: list[str] = []
    say(*range(5))
    drain(listeners, timeout=DEADLINE_SECONDS, progress=arrived.append)
    assert [sorted(listener.keys) for listener in listeners] == [["0", "1", "2", "3", "4"]] * 2
    assert arrived == ["one", "other"]
    assert set(Cursor.objects.values_list("lease_owner", flat=True)) == {""}


def test_draining_an_empty_outbox_ends_at_once() -> None:
    drain([Listener()], timeout=0.0)


def test_draining_waits_out_the_quiet_period() -> None:
    listener = Listener(quiet_seconds=0.2)
    say(1)
    drain([listener], timeout=DEADLINE_SECONDS)
    say(1)
    drain([listener], timeout=DEADLINE_SECONDS)
    assert listener.keys == ["1", "1"]


class FansOut(Listener):
    """Answers with a message that another hears."""

    def handle(self, changes: Sequence[Change]) -> None:
        super().handle(changes)
        with transaction.atomic():
            publish("product", "of the category")


def test_draining_reaches_what_earlier_subscribers_said_meanwhile() -> None:
    fans_out, listener = FansOut("fans out", topics=frozenset({"category"})), Listener()
    say("home", topic="category")
    drain([fans_out, listener], timeout=DEADLINE_SECONDS)
    assert listener.keys == ["of the category"]


def test_draining_leaves_the_work_to_a_relay_that_runs() -> None:
    worker = Listener()
    with running(lambda: [worker]):
        eventually(lambda: Cursor.objects.exclude(lease_owner="").exists())
        say(1)
        bystander = Listener()
        drain([bystander], timeout=DEADLINE_SECONDS)
    assert (worker.keys, bystander.keys) == (["1"], [])


def test_draining_in_vain_says_who_stands_where() -> None:
    Follower(Listener(), owner="holds the lease and sleeps").step()
    say(1)
    with pytest.raises(DrainTimeout, match="listener stands at"):
        drain([Listener()], timeout=0.1)


def test_what_a_subscriber_raises_ends_the_drain() -> None:
    say(1)
    with pytest.raises(Broken):
        drain([Listener(broken=True)], timeout=DEADLINE_SECONDS)
    assert Cursor.objects.get().lease_owner == ""


def test_no_two_processes_have_one_name() -> None:
    names = {process_name() for _ in range(50)}
    assert len(names) == 50
    assert max(map(len, names)) <= 64
