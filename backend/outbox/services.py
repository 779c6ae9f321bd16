"""Publishes and deletes messages."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, Max, Q

from backend.api.errors import NotInTransaction
from backend.api.transactions import NextTransaction
from backend.outbox.models import Cursor, Message
from backend.outbox.selectors import LOWEST_XID, Position, after, oldest_cursor
from backend.outbox.topics import Topic

KEPT_FOR = timedelta(days=1)

# An earlier release stored this as the message id of cursors at the head.
HIGHEST_ID = 2**63 - 1


def publish(topic: Topic, key: int | str) -> None:
    """Publish that the row `key` changed (state) or was added (fact), in the caller's transaction.

    Raises:
        NotInTransaction: no transaction is open.
    """
    publish_many(topic, [key])


def publish_many(topic: Topic, keys: Iterable[int | str]) -> None:
    """Publish several keys in the order given, in the caller's transaction.

    Raises:
        NotInTransaction: no transaction is open.
    """
    Message.objects.bulk_create(messages(topic, keys), batch_size=5_000)


def messages(topic: Topic, keys: Iterable[int | str]) -> list[Message]:
    """Return unsaved messages, for a caller that inserts them itself, in one transaction with the change.

    Raises:
        NotInTransaction: no transaction is open.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(topic)
    return [Message(topic=topic, key=str(key)) for key in keys]


def renumber_if_restored() -> bool:
    """Renumber messages and cursors if they came from another PostgreSQL server; return whether they did.

    Each server counts transactions from its own beginning. The numbers in a restored dump may be higher than
    those that the new server will assign for a long time, so new messages would sort before every cursor and
    never be read. The old numbers are shifted below zero, which keeps the order of the messages and the
    positions of the cursors. Messages that may have been published since the restore keep their numbers and
    come after all cursors; if one of them is an old message, it is delivered again.
    """
    if connection.vendor != "postgresql" or not _is_restored():
        return False
    with transaction.atomic():
        # Every subscriber's thread checks this when it starts; only the first to get the locks renumbers.
        list(Cursor.objects.select_for_update().order_by("subscriber"))
        if not _is_restored():
            return False
        _renumber()
    return True


def _is_restored() -> bool:
    return any(model.objects.filter(xid__gte=NextTransaction()).exists() for model in (Cursor, Message))


def _renumber() -> None:
    # A new message has a higher id than all old ones, because the id sequence is part of the dump.
    old_ids = [
        Message.objects.filter(xid__gte=NextTransaction()).aggregate(last=Max("id"))["last"],
        Cursor.objects.exclude(message_id=HIGHEST_ID).aggregate(last=Max("message_id"))["last"],
    ]
    last_old_id = max(number or 0 for number in old_ids)
    highest = [model.objects.aggregate(highest=Max("xid"))["highest"] for model in (Cursor, Message)]
    offset = max(number or 0 for number in highest) + 1
    Message.objects.filter(id__lte=last_old_id).update(xid=F("xid") - offset)
    Cursor.objects.exclude(xid=LOWEST_XID).update(xid=F("xid") - offset)


def prune(*, now: datetime) -> int:
    """Delete messages older than a day that are before all open cursors; return how many.

    Closed cursors with a deleted message after them are marked as overtaken.
    """
    with transaction.atomic():
        # Locked, so that none is reopened before its messages are deleted.
        closed = list(Cursor.objects.select_for_update().exclude(closed_at=None).filter(overtaken=False))
        oldest = oldest_cursor()
        if oldest is None:
            return 0
        handled = Q(xid__lt=oldest.xid) | Q(xid=oldest.xid, id__lte=oldest.message_id)
        deletable = Message.objects.filter(handled, created_at__lt=now - KEPT_FOR)
        for cursor in closed:
            if deletable.filter(after(Position(cursor.xid, cursor.message_id))).exists():
                cursor.overtaken = True
                cursor.save(update_fields=["overtaken"])
        deleted, _ = deletable.delete()
    return deleted
