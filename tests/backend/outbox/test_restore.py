"""A dump restored on another PostgreSQL server, which numbers transactions from its own start."""

import pytest
from django.db import connection
from django.db.models import F

from backend.outbox.cursors import open_cursor
from backend.outbox.models import Cursor, Message
from backend.outbox.runner import SubscriberRunner
from backend.outbox.selectors import Position, before_all
from backend.outbox.services import renumber_if_restored
from backend.outbox.subscribers import Start
from tests.backend.outbox.recording import Recorder, publish_alone, publish_settled
from tests.backend.together import together
from tests.services.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True, available_apps=["backend.outbox"])

FAR_AHEAD = 10**15


@pytest.fixture(autouse=True)
def _postgresql() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite does not number its transactions")


def restored(*keys: str, handled: int) -> None:
    """Store messages with these keys in this commit order, with transaction ids of another server and reversed ids.

    The first `handled` messages are before the cursor.
    """
    publish_settled(*reversed(keys))
    rows = list(Message.objects.order_by("-id"))
    for number, row in enumerate(rows):
        Message.objects.filter(pk=row.pk).update(xid=FAR_AHEAD + number)
    last = Position(FAR_AHEAD + handled - 1, rows[handled - 1].id) if handled else before_all()
    Cursor.objects.create(subscriber="recorder", xid=last.xid, message_id=last.message_id)


def deliver_until(recorder: Recorder, key: str) -> list[str]:
    runner = SubscriberRunner(recorder, owner="me")
    wait_until(lambda: runner.step() and key in recorder.keys)
    return recorder.keys


@pytest.mark.parametrize("handled", [0, 1, 3])
def test_the_unread_messages_of_the_dump_are_delivered_then_the_new_ones(handled: int) -> None:
    restored("a", "b", "c", handled=handled)
    publish_alone("after the restore")

    assert deliver_until(Recorder(), "after the restore") == [*"abc"[handled:], "after the restore"]
    assert not renumber_if_restored()


def test_a_cursor_opened_after_the_restore_starts_at_the_right_position() -> None:
    restored("a", "b", handled=2)
    open_cursor("at head", start=Start.HEAD)
    open_cursor("at oldest", start=Start.OLDEST)
    publish_settled("new")

    assert deliver_until(Recorder("at head"), "new") == ["new"]
    assert deliver_until(Recorder("at oldest"), "new") == ["a", "b", "new"]


def test_messages_published_before_the_relay_starts_are_delivered_although_old_ones_may_be_repeated() -> None:
    """The transaction id of `a` may be reused and its id is the highest, so that it looks like a new message."""
    restored("a", "b", "c", handled=3)
    Message.objects.filter(key="a").update(xid=F("xid") - FAR_AHEAD + 1)
    publish_alone("new")

    assert deliver_until(Recorder(), "new") == ["a", "new"]


def test_threads_that_start_at_once_renumber_once() -> None:
    restored("a", "b", "c", handled=1)

    assert sorted(map(str, together(*[renumber_if_restored] * 4))) == ["False"] * 3 + ["True"]
    assert deliver_until(Recorder(), "c") == ["b", "c"]


def test_a_second_restore_keeps_the_order_of_the_first() -> None:
    restored("a", "b", handled=1)
    renumber_if_restored()
    publish_settled("c")
    Message.objects.filter(key="c").update(xid=FAR_AHEAD)
    publish_alone("d")

    assert deliver_until(Recorder(), "d") == ["b", "c", "d"]
