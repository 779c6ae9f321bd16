"""A subscriber hears everything at least once, in commit order, coalesced, and from one process at a time."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from backend.outbox.follower import LEASE, Follower
from backend.outbox.models import Cursor, Message
from backend.outbox.selectors import LAST_ID, Position, cursor_position, lag
from backend.outbox.services import begin_anew_if_restored, close_cursor, publish
from tests.backend.outbox.listening import Broken, Clock, Listener, say, say_at_once
from tests.backend.shop import NOW
from tests.backend.together import DEADLINE_SECONDS, eventually

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def follow(clock: Clock) -> Callable[..., Follower]:
    def follow(listener: Listener, *, owner: str = "me") -> Follower:
        return Follower(listener, owner=owner, clock=clock.now, monotonic=clock.monotonic)

    return follow


def place() -> Position:
    position = cursor_position("listener")
    assert position is not None
    return position


def test_changes_of_one_thing_are_handled_as_one(follow: Callable[..., Follower]) -> None:
    say(1, 2, 1, 1)
    listener = Listener()
    assert follow(listener).step() is True
    assert listener.batches == [["1", "2"]]


def test_only_topics_that_are_heard_are_handled(follow: Callable[..., Follower]) -> None:
    say(1, topic="order")
    say(1, topic="product")
    listener = Listener(topics=frozenset({"order", "movement"}))
    follow(listener).step()
    assert listener.batches == [["1"]]


def test_nothing_new_means_nothing_to_do(follow: Callable[..., Follower]) -> None:
    say(1)
    listener = Listener()
    follower = follow(listener)
    assert [follower.step(), follower.step()] == [True, False]
    assert listener.batches == [["1"]]


def test_a_subscriber_gets_no_more_at_once_than_it_takes(follow: Callable[..., Follower]) -> None:
    say(*range(7))
    listener = Listener(batch_size=3)
    follower = follow(listener)
    while follower.step():
        pass
    assert [len(batch) for batch in listener.batches] == [3, 3, 1]


def test_the_first_change_goes_at_once_and_later_ones_wait_for_the_quiet_period(
    follow: Callable[..., Follower], clock: Clock
) -> None:
    listener = Listener(quiet_seconds=1.0)
    follower = follow(listener)
    say("busy")
    follower.step()
    handled = place()
    say("busy", "busy", "other")
    clock.seconds = 0.9
    follower.step()
    assert listener.batches == [["busy"], ["other"]]
    assert place() == handled, "the cursor waits in front of what was held back"
    clock.seconds = 1.1
    follower.step()
    assert listener.batches == [["busy"], ["other"], ["busy"]]
    assert place() > handled


def test_what_was_held_back_survives_the_process(follow: Callable[..., Follower], clock: Clock) -> None:
    listener = Listener(quiet_seconds=10.0)
    say("busy")
    first = follow(listener)
    first.step()
    say("busy")
    first.step()
    clock.seconds += LEASE.total_seconds() + 1
    successor = Listener()
    follow(successor, owner="another").step()
    assert successor.keys == ["busy"]


def test_a_failure_leaves_everything_to_be_handled_again(follow: Callable[..., Follower]) -> None:
    listener = Listener(broken=True)
    follower = follow(listener)
    say(1, 2)
    with pytest.raises(Broken):
        follower.step()
    say(3)
    listener.broken = False
    follower.step()
    assert listener.keys == ["1", "2", "3"]


def test_why_a_step_failed_is_kept_until_one_goes_well(follow: Callable[..., Follower]) -> None:
    follower = follow(Listener())
    follower.step()
    follower.note_failure("Broken: no disk")
    assert Cursor.objects.get().failure == "Broken: no disk"
    follower.note_failure("")
    assert Cursor.objects.get().failure == ""


def test_only_one_process_works_for_a_subscriber(follow: Callable[..., Follower]) -> None:
    holder, other = Listener(), Listener()
    first, second = follow(holder, owner="first"), follow(other, owner="second")
    say(1)
    assert [first.step(), second.step()] == [True, False]
    assert (holder.keys, other.keys) == (["1"], [])
    assert (first.holds_lease, second.holds_lease) == (True, False)


def test_a_dead_owner_is_succeeded_when_its_lease_ends(follow: Callable[..., Follower], clock: Clock) -> None:
    dead, heir = Listener(broken=True), Listener()
    say(1)
    with pytest.raises(Broken):
        follow(dead, owner="dead").step()
    successor = follow(heir, owner="heir")
    clock.seconds = LEASE.total_seconds() - 1
    assert successor.step() is False
    clock.seconds = LEASE.total_seconds() + 1
    assert successor.step() is True
    assert heir.keys == ["1"]


def test_a_lease_that_was_given_back_is_free_at_once(follow: Callable[..., Follower]) -> None:
    first, second = follow(Listener(), owner="first"), follow(Listener(), owner="second")
    first.step()
    first.release()
    second.step()
    assert (first.holds_lease, second.holds_lease) == (False, True)


def test_a_working_owner_keeps_its_lease(follow: Callable[..., Follower], clock: Clock) -> None:
    first, second = follow(Listener(), owner="first"), follow(Listener(), owner="second")
    for _ in range(10):
        first.step()
        clock.seconds += LEASE.total_seconds() / 2
        assert second.step() is False
        assert first.holds_lease


def test_an_owner_that_overslept_does_not_move_the_cursor_of_its_successor(
    follow: Callable[..., Follower], clock: Clock
) -> None:
    heir = Listener()

    def oversleep() -> None:
        clock.seconds += LEASE.total_seconds() + 1
        say(2)
        follow(heir, owner="heir").step()

    sleeper = follow(Listener(during=oversleep), owner="sleeper")
    say(1)
    sleeper.step()
    assert heir.keys == ["1", "2"]
    moved = place()
    assert sleeper.holds_lease is False
    assert Cursor.objects.get().lease_owner == "heir"
    assert sleeper.step() is False
    assert place() == moved


class Exclusive(Listener):
    """Has something that only one process can have."""

    given_up = 0

    def let_go(self) -> None:
        self.given_up += 1


def test_who_loses_the_lease_lets_go_of_what_only_one_can_have(
    follow: Callable[..., Follower], clock: Clock
) -> None:
    exclusive = Exclusive()
    sleeper = follow(exclusive, owner="sleeper")
    sleeper.step()
    clock.seconds += LEASE.total_seconds() + 1
    follow(Listener(), owner="heir").step()
    sleeper.step()
    assert exclusive.given_up == 1


def test_who_loses_the_lease_at_work_lets_go_too(follow: Callable[..., Follower], clock: Clock) -> None:
    def oversleep() -> None:
        clock.seconds += LEASE.total_seconds() + 1
        follow(Listener(), owner="heir").step()

    exclusive = Exclusive(during=oversleep)
    say(1)
    follow(exclusive, owner="sleeper").step()
    assert exclusive.given_up == 1


def test_a_cursor_that_is_closed_while_it_is_followed_stays_closed(
    follow: Callable[..., Follower], clock: Clock
) -> None:
    follower = follow(Listener())
    follower.step()
    close_cursor("listener")
    clock.seconds += LEASE.total_seconds() + 1
    assert follower.step() is False
    assert not Cursor.objects.exists()


def test_who_only_waits_for_the_lease_does_not_hide_that_its_holder_fails(
    follow: Callable[..., Follower],
) -> None:
    holder, waiting = follow(Listener(), owner="holder"), follow(Listener(), owner="waiting")
    holder.step()
    holder.note_failure("out of order")
    waiting.step()
    waiting.note_failure("")
    assert Cursor.objects.get().failure == "out of order"
    holder.release()
    waiting.step()
    waiting.note_failure("")
    assert Cursor.objects.get().failure == ""


def test_what_is_known_already_is_not_written_again(follow: Callable[..., Follower]) -> None:
    follower = follow(Listener())
    follower.step()
    follower.note_failure("")
    with CaptureQueriesContext(connection) as queries:
        follower.note_failure("")
    assert not queries.captured_queries


def test_a_message_is_read_once_its_elders_are_decided(follow: Callable[..., Follower]) -> None:
    """A transaction that began earlier and commits later is not skipped, although its ids lie behind."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time, so none can begin earlier and commit later")
    listener, wrote, commit = Listener(), threading.Event(), threading.Event()
    follower = follow(listener)

    def elder() -> None:
        with transaction.atomic():
            publish("product", "elder, first")
            wrote.set()
            assert commit.wait(DEADLINE_SECONDS)
            publish("product", "elder, second")
        connection.close()

    thread = threading.Thread(target=elder, daemon=True)
    thread.start()
    assert wrote.wait(DEADLINE_SECONDS)
    say_at_once("younger")
    assert follower.step() is False
    assert listener.keys == [], "the elder may still write in front of the younger"
    assert lag("listener", topics=["product"], now=NOW).messages == 1, "what is held up is behind"
    commit.set()
    thread.join(DEADLINE_SECONDS)
    eventually(follower.step)
    assert listener.keys == ["elder, first", "elder, second", "younger"]


def test_a_restored_database_is_heard_though_its_new_server_counts_from_the_start(
    follow: Callable[..., Follower],
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite does not number its transactions")
    listener, far_ahead = Listener(), 10**15
    say("before the dump")
    Message.objects.update(xid=far_ahead)
    Cursor.objects.create(subscriber="listener", xid=far_ahead, message_id=LAST_ID)
    say_at_once("after the restore")
    follower = follow(listener)
    eventually(lambda: follower.step() and "after the restore" in listener.keys)
    assert place() < Position(far_ahead, 0)
    assert not begin_anew_if_restored()


def test_a_transaction_that_rolls_back_holds_nobody_up_for_good(follow: Callable[..., Follower]) -> None:
    listener = Listener()
    with transaction.atomic():
        publish("product", "never")
        transaction.set_rollback(True)
    say("after")
    eventually(follow(listener).step)
    assert listener.keys == ["after"]


def test_many_writers_at_once_are_all_heard(follow: Callable[..., Follower]) -> None:
    listener = Listener()
    follower = follow(listener)

    def write(start: int) -> None:
        for number in range(start, start + 25):
            with transaction.atomic():
                publish("product", number)
        connection.close()

    writers = [threading.Thread(target=write, args=[start], daemon=True) for start in (0, 100, 200)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        follower.step()
    expected = {str(start + number) for start in (0, 100, 200) for number in range(25)}
    eventually(lambda: not follower.step() and set(listener.keys) == expected)
    assert len(listener.keys) == len(expected), "nothing came twice either"
