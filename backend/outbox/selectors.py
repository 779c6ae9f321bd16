"""Reading the outbox in the order in which transactions committed.

Ids are taken before commit, so a lower id can appear after a higher one was read. On PostgreSQL each message
keeps its transaction's number, and only messages below the oldest transaction still running are read, in the
order (xid, id): nothing can appear in front of a place once passed. SQLite has one writer, so that its ids
commit in order.

So a transaction that writes for long holds up what is read here, and lag shows it: on PostgreSQL one in any
database of the server, for its transactions are numbered together.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, models
from django.db.models import Q, QuerySet

from backend.outbox.models import Cursor, Message

LAST_ID = 2**63 - 1


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the outbox: everything up to and including it has been read."""

    xid: int
    message_id: int


@dataclass(frozen=True, slots=True)
class Lag:
    """How far a subscriber is behind: messages still to read, and the age of the oldest in seconds."""

    messages: int
    seconds: float


class OldestRunning(models.Func):
    """The number of the oldest transaction that may still commit (PostgreSQL)."""

    template = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    output_field = models.BigIntegerField()


class NextTransaction(models.Func):
    """The number that no transaction of this server has had yet (PostgreSQL)."""

    template = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    output_field = models.BigIntegerField()


def settled() -> QuerySet[Message]:
    """Return the messages in front of which nothing can appear any more."""
    if connection.vendor == "postgresql":
        return Message.objects.filter(xid__lt=OldestRunning())
    return Message.objects.all()


def messages_after(position: Position, *, topics: Collection[str], limit: int) -> list[Message]:
    """Return up to `limit` settled messages of `topics` behind `position`, in commit order."""
    return list(settled().filter(_behind(position), topic__in=topics).order_by("xid", "id")[:limit])


def _behind(position: Position) -> Q:
    # Written so that the index by (xid, id) is entered at the position, however many messages lie before it.
    if connection.vendor == "postgresql":
        later = Q(xid__gt=position.xid) | Q(id__gt=position.message_id)
        return Q(xid__gte=position.xid) & later
    return Q(xid=position.xid, id__gt=position.message_id)


def head() -> Position:
    """Return a place behind which every message that is not settled yet will appear."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint - 1")
            (xid,) = cursor.fetchone()
        return Position(xid=xid, message_id=LAST_ID)
    newest = Message.objects.aggregate(newest=models.Max("id"))["newest"]
    return Position(xid=0, message_id=newest or 0)


def newest(topics: Collection[str]) -> Position | None:
    """Return the place of the newest committed message of `topics`, settled or not; None if there is none."""
    message = Message.objects.filter(topic__in=topics).order_by("-xid", "-id").first()
    return None if message is None else Position(xid=message.xid, message_id=message.id)


def cursor_position(name: str) -> Position | None:
    """Return how far the subscriber `name` has come; None if it never began."""
    row = Cursor.objects.filter(subscriber=name).values_list("xid", "message_id").first()
    return None if row is None else Position(*row)


def oldest_cursor() -> Position | None:
    """Return the place of the slowest subscriber; None if there are no subscribers."""
    rows = Cursor.objects.values_list("xid", "message_id")
    return min((Position(*row) for row in rows), default=None)


def lag(name: str, *, topics: Collection[str], now: datetime) -> Lag:
    """Return how far the subscriber `name` is behind; one that never began is behind by everything."""
    position = cursor_position(name) or Position(xid=0, message_id=0)
    # Settled or not: what an older transaction holds back is not carried on either.
    behind = Message.objects.filter(_behind(position), topic__in=topics).aggregate(
        messages=models.Count("id"), oldest=models.Min("created_at")
    )
    oldest = behind["oldest"]
    return Lag(
        messages=behind["messages"],
        seconds=0.0 if oldest is None else max(0.0, (now - oldest).total_seconds()),
    )
