"""The only door out of a transaction."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Q

from backend.outbox.models import Cursor, Message
from backend.outbox.selectors import NextTransaction, Position, head, oldest_cursor

KEPT_FOR = timedelta(days=1)
START = Position(xid=0, message_id=0)


class NotInTransaction(RuntimeError):
    """A message was published outside a transaction: it could be lost, or be said of what never was."""


def publish(topic: str, key: int | str) -> None:
    """Say that the thing of `topic` with the key `key` changed, in the caller's transaction.

    Raises:
        NotInTransaction: no transaction is open.
    """
    publish_many(topic, [key])


def publish_many(topic: str, keys: Iterable[int | str]) -> None:
    """Say it of several things, in the caller's transaction.

    Raises:
        NotInTransaction: no transaction is open.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(topic)
    Message.objects.bulk_create((Message(topic=topic, key=str(key)) for key in keys), batch_size=5_000)


def open_cursor(name: str, *, at_head: bool) -> None:
    """Begin to keep `name`'s place, at the newest message or at the oldest; nothing if it has one.

    Everything that commits after this returns lies behind the cursor, in the part still to be read.
    """
    position = head() if at_head else START
    Cursor.objects.get_or_create(
        subscriber=name, defaults={"xid": position.xid, "message_id": position.message_id}
    )


def close_cursor(name: str) -> None:
    """Forget `name`'s place."""
    Cursor.objects.filter(subscriber=name).delete()


def begin_anew_if_restored() -> bool:
    """Return whether the outbox came from another server, after making it this one's.

    A PostgreSQL server numbers transactions from its own beginning. In a database that was dumped and
    restored the numbers kept here may lie ahead of all that the new server gives, and what is published now
    would lie behind every cursor, unread. So they are dropped, and all that is kept is heard again.
    """
    if connection.vendor != "postgresql":
        return False
    ahead = Q(xid__gte=NextTransaction())
    with transaction.atomic():
        if not (Cursor.objects.filter(ahead).exists() or Message.objects.filter(ahead).exists()):
            return False
        Message.objects.update(xid=START.xid)
        Cursor.objects.update(xid=START.xid, message_id=START.message_id)
    return True


def prune(*, now: datetime) -> int:
    """Delete messages that every subscriber has passed and that are older than a day; return how many."""
    oldest = oldest_cursor()
    if oldest is None:
        return 0
    passed = Q(xid__lt=oldest.xid) | Q(xid=oldest.xid, id__lte=oldest.message_id)
    deleted, _ = Message.objects.filter(passed, created_at__lt=now - KEPT_FOR).delete()
    return deleted
