"""Reads the outbox in commit order.

Ids are assigned before transactions commit, so a message with a lower id can become visible after one with a
higher id. On PostgreSQL each message stores the id of its transaction (xid), and only messages of
transactions older than all running ones are read, in the order (xid, id): no message can appear before a
position that was read. SQLite has a single writer, so its ids are in commit order.

A long-running write transaction therefore delays reading, which shows in the lag. On PostgreSQL this includes
transactions in other databases of the server, because all databases share the transaction ids.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models
from django.db.models import Q, QuerySet

from backend.api.transactions import OldestRunning
from backend.outbox.models import Cursor, Message
from backend.outbox.subscribers import Start, Subscriber
from backend.outbox.topics import Topic

LOWEST_XID = -(2**63)

# Not by the ORM, which takes longer to compile this query than the database to execute it: an idle relay
# sends it several times a second.
_NEWEST_SETTLED = {
    "postgresql": "SELECT xid, id FROM outbox_message"
    " WHERE xid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint ORDER BY xid DESC, id DESC LIMIT 1",
    "sqlite": "SELECT xid, id FROM outbox_message ORDER BY xid DESC, id DESC LIMIT 1",
}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A position in the outbox: everything up to and including it was read."""

    xid: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a subscriber lags: the number of unread messages, and the age of the oldest in seconds."""

    messages: int
    seconds: float


def settled() -> QuerySet[Message]:
    """Return the messages before which no new message can appear."""
    if connection.vendor == "postgresql":
        return Message.objects.filter(xid__lt=OldestRunning())
    return Message.objects.all()


def messages_after(position: Position, *, topics: Collection[Topic], limit: int) -> list[Message]:
    """Return up to `limit` settled messages of `topics` after `position`, in commit order."""
    return list(settled().filter(after(position), topic__in=topics).order_by("xid", "id")[:limit])


def after(position: Position) -> Q:
    """Return the condition on messages after `position`."""
    # In this form, PostgreSQL starts its scan of the index on (xid, id) at the position.
    if connection.vendor == "postgresql":
        later = Q(xid__gt=position.xid) | Q(id__gt=position.message_id)
        return Q(xid__gte=position.xid) & later
    return Q(xid=position.xid, id__gt=position.message_id)


def head() -> Position:
    """Return the position after which every message that is not settled yet will appear."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_snapshot_xmin(now.snapshot)::text::bigint - 1,"
                " COALESCE((SELECT max(id) FROM outbox_message"
                " WHERE xid < pg_snapshot_xmin(now.snapshot)::text::bigint), 0)"
                " FROM (SELECT pg_current_snapshot() AS snapshot) AS now"
            )
            return Position(*cursor.fetchone())
    newest = Message.objects.aggregate(newest=models.Max("id"))["newest"]
    return Position(xid=0, message_id=newest or 0)


def before_all() -> Position:
    """Return the position before all messages, including those that were renumbered after a restore."""
    return Position(xid=LOWEST_XID if connection.vendor == "postgresql" else 0, message_id=0)


def newest(topics: Collection[Topic]) -> Position | None:
    """Return the position of the newest committed message of `topics`, settled or not; None without one."""
    message = Message.objects.filter(topic__in=topics).order_by("-xid", "-id").first()
    return None if message is None else Position(xid=message.xid, message_id=message.id)


def published_after(position: Position, *, topic: Topic, keys: Collection[str]) -> frozenset[str]:
    """Return those of `keys` with a committed message after `position`, settled or not."""
    found = Message.objects.filter(after(position), topic=topic, key__in=keys)
    return frozenset(found.values_list("key", flat=True))


def newest_settled() -> Position | None:
    """Return the position of the last message in commit order that can be read now; None without one."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST_SETTLED[connection.vendor])
        row = cursor.fetchone()
    return None if row is None else Position(*row)


def topics_after(position: Position) -> frozenset[str]:
    """Return the topics of all settled messages after `position`."""
    return frozenset(settled().filter(after(position)).values_list("topic", flat=True).distinct())


def cursor_position(name: str) -> Position | None:
    """Return the cursor of the subscriber `name`; None if it has none."""
    row = Cursor.objects.filter(subscriber=name).values_list("xid", "message_id").first()
    return None if row is None else Position(*row)


def has_handled_before(subscriber: Subscriber, message: Message) -> bool:
    """Return whether the subscriber has handled its messages before this one; true without an open cursor."""
    row = Cursor.objects.filter(subscriber=subscriber.name, closed_at=None).first()
    if row is None:
        return True
    earlier = Q(xid__lt=message.xid) | Q(xid=message.xid, id__lt=message.pk)
    unread = Message.objects.filter(after(Position(row.xid, row.message_id)), earlier)
    return not unread.filter(topic__in=subscriber.topics).exists()


def without_holder(*, now: datetime) -> frozenset[str]:
    """Return the subscribers whose lease any process can take now."""
    free = Q(lease_owner="") | Q(lease_until__lt=now)
    return frozenset(Cursor.objects.filter(free).values_list("subscriber", flat=True))


def oldest_cursor() -> Position | None:
    """Return the open cursor that is furthest back; None if there is none."""
    rows = Cursor.objects.filter(closed_at=None).values_list("xid", "message_id")
    return min((Position(*row) for row in rows), default=None)


def lag(subscriber: Subscriber, *, now: datetime) -> Lag:
    """Return how far `subscriber` lags.

    Messages that a running transaction delays count as unread. Without a cursor, all messages are unread, or
    none if the subscriber starts at the head.
    """
    position = cursor_position(subscriber.name)
    if position is None:
        if subscriber.start is Start.HEAD:
            return Lag(messages=0, seconds=0.0)
        position = before_all()
    unread = Message.objects.filter(after(position), topic__in=subscriber.topics).aggregate(
        messages=models.Count("id"), oldest=models.Min("created_at")
    )
    oldest = unread["oldest"]
    return Lag(
        messages=unread["messages"],
        seconds=0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
    )
