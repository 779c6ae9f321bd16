"""State topics are delivered at least once, in commit order and coalesced, by one process at a time."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.outbox.cursors import delete_cursor
from backend.outbox.models import Cursor
from backend.outbox.runner import HEAD_SECONDS, LEASE, RENEW_BELOW, RETRY_SECONDS, SubscriberRunner
from backend.outbox.selectors import Position, cursor_position, lag
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from tests.backend.outbox.recording import Broken, Clock, Recorder, publish_alone, publish_settled
from tests.backend.shop import NOW
from tests.backend.together import DEADLINE_SECONDS
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def runner_of(clock: Clock) -> Callable[..., SubscriberRunner]:
    def runner_of(recorder: Recorder, *, owner: str = "me") -> SubscriberRunner:
        return SubscriberRunner(recorder, owner=owner, clock=clock.now, monotonic=clock.monotonic)

    return runner_of


def position() -> Position:
    found = cursor_position("recorder")
    assert found is not None
    return found


def owner() -> str:
    return Cursor.objects.get().lease_owner


def test_messages_with_the_same_key_are_coalesced(runner_of: Callable[..., SubscriberRunner]) -> None:
    publish_settled(1, 2, 1, 1)
    recorder = Recorder()
    assert runner_of(recorder).step() is True
    assert recorder.batches == [["1", "2"]]


def test_only_messages_of_its_topics_are_delivered(runner_of: Callable[..., SubscriberRunner]) -> None:
    publish_settled(1, topic=Topic.ORDER)
    publish_settled(1, topic=Topic.PRODUCT)
    recorder = Recorder(topics=frozenset({Topic.ORDER, Topic.MOVEMENT}))
    runner_of(recorder).step()
    assert recorder.batches == [["1"]]


def test_a_step_without_new_messages_does_nothing(runner_of: Callable[..., SubscriberRunner]) -> None:
    publish_settled(1)
    recorder = Recorder()
    runner = runner_of(recorder)
    assert [runner.step(), runner.step()] == [True, False]
    assert recorder.batches == [["1"]]


def test_a_batch_has_at_most_batch_size_notices(runner_of: Callable[..., SubscriberRunner]) -> None:
    publish_settled(*range(7))
    recorder = Recorder(batch_size=3)
    runner = runner_of(recorder)
    while runner.step():
        pass
    assert [len(batch) for batch in recorder.batches] == [3, 3, 1]


def test_later_messages_of_a_key_wait_for_the_quiet_period(
    runner_of: Callable[..., SubscriberRunner], clock: Clock
) -> None:
    recorder = Recorder(quiet_seconds=1.0)
    runner = runner_of(recorder)
    publish_settled("busy")
    runner.step()
    handled = position()
    publish_settled("busy", "busy", "other")
    clock.seconds = 0.9
    runner.step()
    assert recorder.batches == [["busy"], ["other"]]
    assert position() == handled, "the cursor must stay before the delayed message"
    clock.seconds = 1.1
    runner.step()
    assert recorder.batches == [["busy"], ["other"], ["busy"]]
    assert position() > handled


def test_a_delayed_message_is_delivered_by_the_next_process(
    runner_of: Callable[..., SubscriberRunner], clock: Clock
) -> None:
    recorder = Recorder(quiet_seconds=10.0)
    publish_settled("busy")
    first = runner_of(recorder)
    first.step()
    publish_settled("busy")
    first.step()
    clock.seconds += LEASE.total_seconds() + 1
    successor = Recorder()
    runner_of(successor, owner="another").step()
    assert successor.keys == ["busy"]


def test_after_a_failure_the_same_notices_are_delivered_again(
    runner_of: Callable[..., SubscriberRunner],
) -> None:
    recorder = Recorder(broken=True)
    runner = runner_of(recorder)
    publish_settled(1, 2)
    with pytest.raises(Broken):
        runner.step()
    publish_settled(3)
    recorder.broken = False
    runner.step()
    assert recorder.keys == ["1", "2", "3"]


def test_the_reason_of_a_failure_is_stored_until_a_step_succeeds(
    runner_of: Callable[..., SubscriberRunner],
) -> None:
    runner = runner_of(Recorder())
    runner.step()
    runner.record_failure("Broken: no disk")
    assert Cursor.objects.get().failure == "Broken: no disk"
    runner.record_failure("")
    assert Cursor.objects.get().failure == ""


def test_only_one_process_runs_a_subscriber(runner_of: Callable[..., SubscriberRunner]) -> None:
    holder, other = Recorder(), Recorder()
    first, second = runner_of(holder, owner="first"), runner_of(other, owner="second")
    publish_settled(1)
    assert [first.step(), second.step()] == [True, False]
    assert (holder.keys, other.keys) == (["1"], [])
    assert owner() == "first"


def test_another_process_takes_over_when_the_lease_expires(
    runner_of: Callable[..., SubscriberRunner], clock: Clock
) -> None:
    dead, second = Recorder(broken=True), Recorder()
    publish_settled(1)
    with pytest.raises(Broken):
        runner_of(dead, owner="dead").step()
    successor = runner_of(second, owner="successor")
    clock.seconds = LEASE.total_seconds() - 1
    assert successor.step() is False
    clock.seconds = LEASE.total_seconds() + 1
    assert successor.step() is True
    assert second.keys == ["1"]


def test_a_released_lease_is_free_at_once(runner_of: Callable[..., SubscriberRunner]) -> None:
    first, second = runner_of(Recorder(), owner="first"), runner_of(Recorder(), owner="second")
    first.step()
    first.release()
    second.step()
    assert owner() == "second"


def test_a_running_process_keeps_its_lease(runner_of: Callable[..., SubscriberRunner], clock: Clock) -> None:
    first, second = runner_of(Recorder(), owner="first"), runner_of(Recorder(), owner="second")
    for _ in range(10):
        first.step()
        clock.seconds += LEASE.total_seconds() / 2
        assert second.step() is False
        assert owner() == "first"


def test_a_process_that_lost_its_lease_does_not_move_the_cursor(
    runner_of: Callable[..., SubscriberRunner], clock: Clock
) -> None:
    second = Recorder()

    def outlast_the_lease() -> None:
        clock.seconds += LEASE.total_seconds() + 1
        publish_settled(2)
        runner_of(second, owner="successor").step()

    slow = runner_of(Recorder(during=outlast_the_lease), owner="slow")
    publish_settled(1)
    slow.step()
    assert second.keys == ["1", "2"]
    moved = position()
    assert Cursor.objects.get().lease_owner == "successor"
    assert slow.step() is False
    assert position() == moved


def test_an_idle_runner_has_nothing_to_do_until_a_lease_a_quiet_period_or_the_head_is_due(
    runner_of: Callable[..., SubscriberRunner], clock: Clock
) -> None:
    renewal = (LEASE - RENEW_BELOW).total_seconds()
    runner, standby = runner_of(Recorder(quiet_seconds=3.0)), runner_of(Recorder(), owner="other")
    runner.step()
    standby.step()
    assert (runner.holds_lease, standby.holds_lease) == (True, False)
    assert (runner.idle_seconds(), standby.idle_seconds()) == (renewal, RETRY_SECONDS)
    publish_settled(1)
    runner.step()
    assert runner.idle_seconds() == renewal, "a handled message needs no further step"
    publish_settled(1)
    clock.seconds += 1.0
    runner.step()
    assert runner.idle_seconds() == 2.0, "the second notice of the key is due after the quiet period"
    clock.seconds = HEAD_SECONDS - 1.0
    while runner.step():
        pass
    assert runner.idle_seconds() == 1.0


class Exclusive(Recorder):
    """Holds a resource that only one process can hold."""

    released = 0

    def release(self) -> None:
        self.released += 1


def test_an_exclusive_subscriber_releases_its_resource_when_the_lease_is_lost(
    runner_of: Callable[..., SubscriberRunner], clock: Clock
) -> None:
    exclusive = Exclusive()
    slow = runner_of(exclusive, owner="slow")
    slow.step()
    clock.seconds += LEASE.total_seconds() + 1
    runner_of(Recorder(), owner="successor").step()
    slow.step()
    assert exclusive.released == 1


def test_an_exclusive_subscriber_releases_its_resource_when_the_lease_is_lost_during_a_step(
    runner_of: Callable[..., SubscriberRunner], clock: Clock
) -> None:
    def outlast_the_lease() -> None:
        clock.seconds += LEASE.total_seconds() + 1
        runner_of(Recorder(), owner="successor").step()

    exclusive = Exclusive(during=outlast_the_lease)
    publish_settled(1)
    runner_of(exclusive, owner="slow").step()
    assert exclusive.released == 1


def test_a_cursor_that_is_closed_while_its_subscriber_runs_stays_closed(
    runner_of: Callable[..., SubscriberRunner], clock: Clock
) -> None:
    runner = runner_of(Recorder())
    runner.step()
    delete_cursor("recorder")
    clock.seconds += LEASE.total_seconds() + 1
    assert runner.step() is False
    assert not Cursor.objects.exists()


def test_a_process_that_waits_for_the_lease_does_not_clear_the_failure_of_its_holder(
    runner_of: Callable[..., SubscriberRunner],
) -> None:
    holder, waiting = runner_of(Recorder(), owner="holder"), runner_of(Recorder(), owner="waiting")
    holder.step()
    holder.record_failure("no connection")
    waiting.step()
    waiting.record_failure("")
    assert Cursor.objects.get().failure == "no connection"
    holder.release()
    waiting.step()
    waiting.record_failure("")
    assert Cursor.objects.get().failure == ""


def test_an_unchanged_failure_is_not_written_again(runner_of: Callable[..., SubscriberRunner]) -> None:
    runner = runner_of(Recorder())
    runner.step()
    runner.record_failure("")
    with CaptureQueriesContext(connection) as queries:
        runner.record_failure("")
    assert not queries.captured_queries


def test_a_message_is_read_only_after_all_older_transactions_have_ended(
    runner_of: Callable[..., SubscriberRunner],
) -> None:
    """A transaction that begins earlier and commits later is not skipped, although its ids are lower."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, so none can begin earlier and commit later")
    recorder, wrote, commit = Recorder(), threading.Event(), threading.Event()
    runner = runner_of(recorder)

    def older() -> None:
        with transaction.atomic():
            publish(Topic.PRODUCT, "older, first")
            wrote.set()
            assert commit.wait(DEADLINE_SECONDS)
            publish(Topic.PRODUCT, "older, second")
        connection.close()

    thread = threading.Thread(target=older, daemon=True)
    thread.start()
    assert wrote.wait(DEADLINE_SECONDS)
    publish_alone("younger")
    assert runner.step() is False
    assert recorder.keys == [], "the older transaction may still write a message that precedes it"
    assert lag(Recorder(), now=NOW).messages == 1, "a delayed message counts as unread"
    commit.set()
    thread.join(DEADLINE_SECONDS)
    wait_until(runner.step)
    assert recorder.keys == ["older, first", "older, second", "younger"]


def test_a_transaction_that_rolls_back_does_not_delay_later_messages(
    runner_of: Callable[..., SubscriberRunner],
) -> None:
    recorder = Recorder()
    with transaction.atomic():
        publish(Topic.PRODUCT, "never")
        transaction.set_rollback(True)
    publish_settled("after")
    wait_until(runner_of(recorder).step)
    assert recorder.keys == ["after"]


def test_messages_of_concurrent_writers_are_all_delivered(runner_of: Callable[..., SubscriberRunner]) -> None:
    recorder = Recorder()
    runner = runner_of(recorder)

    def write(start: int) -> None:
        for number in range(start, start + 25):
            with transaction.atomic():
                publish(Topic.PRODUCT, number)
        connection.close()

    writers = [threading.Thread(target=write, args=[start], daemon=True) for start in (0, 100, 200)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        runner.step()
    expected = {str(start + number) for start in (0, 100, 200) for number in range(25)}
    wait_until(lambda: not runner.step() and set(recorder.keys) == expected)
    assert len(recorder.keys) == len(expected), "each message is delivered once"
