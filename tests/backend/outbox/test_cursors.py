"""Cursors of subscribers that no process runs: they are closed, repaired, and reported by health checks."""

from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from backend.outbox.cursors import close_abandoned, close_cursor, open_cursor, repair, republish
from backend.outbox.errors import Overtaken, SubscribersNotRunning, UnknownSubscriber
from backend.outbox.health import check_at
from backend.outbox.models import Cursor, Message
from backend.outbox.runner import LEASE, SubscriberRunner
from backend.outbox.services import KEPT_FOR, prune
from backend.outbox.subscribers import Start, Subscriber
from backend.outbox.topics import Topic
from tests.backend.outbox.recording import Clock, Recorder, publish_settled
from tests.backend.shop import product

pytestmark = pytest.mark.django_db(transaction=True)

KILLED = Recorder("killed build")
REMEDY = "run: manage.py rebuild_index"


def runner_of(recorder: Recorder, clock: Clock) -> SubscriberRunner:
    return SubscriberRunner(recorder, owner="me", clock=clock.now, monotonic=clock.monotonic)


def leave_cursor_of_killed_build(clock: Clock) -> None:
    """Create the cursor of a killed build that had its lease until now."""
    open_cursor(KILLED.name, start=Start.HEAD, remedy=REMEDY)
    runner_of(KILLED, clock).step()


def expire_abandoned(clock: Clock) -> None:
    clock.seconds += (settings.OUTBOX_ABANDONED_AFTER + LEASE).total_seconds() + 1


def prune_all() -> int:
    return prune(now=timezone.now() + KEPT_FOR * 2)


def test_the_cursor_of_a_killed_command_prevents_pruning_for_a_limited_time() -> None:
    clock, recorder = Clock(), Recorder("declared")
    leave_cursor_of_killed_build(clock)
    publish_settled(*range(3))
    runner_of(recorder, clock).step()
    assert prune_all() == 0

    expire_abandoned(clock)
    assert close_abandoned({"declared"}, now=clock.now()) == [KILLED.name]

    assert prune_all() == 3


@pytest.mark.parametrize("declared", [True, False])
def test_a_cursor_stays_open_if_its_subscriber_is_declared_or_ran_recently(declared: bool) -> None:
    clock = Clock()
    leave_cursor_of_killed_build(clock)
    if declared:
        expire_abandoned(clock)

    assert close_abandoned({KILLED.name} if declared else set(), now=clock.now()) == []
    assert Cursor.objects.get().closed_at is None


def test_a_cursor_that_was_never_used_is_closed_too() -> None:
    open_cursor("never run", start=Start.HEAD)
    later = timezone.now() + settings.OUTBOX_ABANDONED_AFTER + timedelta(minutes=1)

    assert close_abandoned(set(), now=later) == ["never run"]


def test_a_closed_cursor_resumes_at_its_position_if_nothing_after_it_was_deleted() -> None:
    clock, recorder = Clock(), Recorder()
    publish_settled(1)
    runner_of(recorder, clock).step()
    publish_settled(2)
    expire_abandoned(clock)
    close_abandoned(set(), now=clock.now())
    runner_of(recorder, clock).step()

    assert recorder.keys == ["1", "2"]
    assert Cursor.objects.get().closed_at is None


def overtake(clock: Clock, recorder: Recorder) -> None:
    """Close the subscriber's cursor and delete a message that it did not handle."""
    runner_of(recorder, clock).step()
    publish_settled(1)
    expire_abandoned(clock)
    close_abandoned({"declared"}, now=clock.now())
    runner_of(Recorder("declared"), clock).step()
    assert prune_all() == 1


def test_a_subscriber_whose_messages_were_deleted_fails_until_it_is_repaired() -> None:
    clock, recorder = Clock(), Recorder("late")
    overtake(clock, recorder)
    runner = runner_of(recorder, clock)
    for _ in range(2):
        with pytest.raises(Overtaken, match=r"manage\.py outbox --repair late"):
            runner.step()
    assert recorder.keys == []

    lamp = product()
    assert repair(recorder) == []
    runner.step()

    assert recorder.keys == [str(lamp.pk)]
    assert prune_all() == 0, "its cursor prevents pruning again"


def test_a_repair_names_the_fact_topics_whose_messages_are_lost() -> None:
    mailer = Recorder("mailer", topics=frozenset({Topic.ORDER_STEP, Topic.PRODUCT}))

    assert repair(mailer) == [Topic.ORDER_STEP]


def test_republishing_publishes_every_row_of_the_model_once() -> None:
    lamps = [product() for _ in range(3)]
    Message.objects.all().delete()

    assert republish(Topic.PRODUCT) == 3
    assert list(Message.objects.order_by("pk").values_list("key", flat=True)) == [
        str(each.pk) for each in lamps
    ]


def test_health_names_the_remedy_after_a_command_was_killed() -> None:
    clock = Clock()
    leave_cursor_of_killed_build(clock)
    clock.seconds += 3_600
    runner_of(Recorder("declared"), clock).step()

    with pytest.raises(SubscribersNotRunning, match=f"killed build, which was probably killed; {REMEDY}"):
        check_at(clock.now())
    expire_abandoned(clock)
    runner_of(Recorder("declared"), clock).step()
    close_abandoned({"declared"}, now=clock.now())
    assert check_at(clock.now()) == {"subscribers": 1}


def test_health_names_the_relay_command_when_no_subscriber_runs() -> None:
    clock = Clock()
    runner_of(Recorder("one"), clock).step()
    runner_of(Recorder("other"), clock).step()
    clock.seconds += 3_600

    with pytest.raises(SubscribersNotRunning, match=r"no process runs one, other; start: manage\.py relay"):
        check_at(clock.now())


def test_a_cursor_can_be_closed_unless_a_process_runs_it() -> None:
    clock = Clock()
    leave_cursor_of_killed_build(clock)
    with pytest.raises(UnknownSubscriber):
        close_cursor(KILLED.name, now=clock.now())
    clock.seconds += LEASE.total_seconds() + 1
    close_cursor(KILLED.name, now=clock.now())

    assert Cursor.objects.get().closed_at is not None


LATE = Recorder("late")


def subscribers() -> list[Subscriber]:
    return [LATE]


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("outbox", *arguments, stdout=output)
    return output.getvalue()


def test_the_command_lists_closes_and_repairs(settings: Settings) -> None:
    settings.OUTBOX_SUBSCRIBERS = f"{__name__}.subscribers"
    open_cursor("late", start=Start.HEAD)
    open_cursor("gone", start=Start.HEAD)

    assert run() == "gone  not running\nlate  not running\n"
    assert "gone  closed since " in run("--close", "gone")
    Cursor.objects.filter(subscriber="late").update(overtaken=True, closed_at=timezone.now())
    assert "late  overtaken" in run()
    assert "late  not running" in run("--repair", "late")


@pytest.mark.parametrize("option", ["--close", "--repair"])
def test_an_unknown_name_is_refused_in_one_line(settings: Settings, option: str) -> None:
    settings.OUTBOX_SUBSCRIBERS = f"{__name__}.subscribers"

    with pytest.raises(CommandError, match="there is no"):
        run(option, "unknown")
