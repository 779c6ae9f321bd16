"""Scheduled messages: they are moved to the outbox when they are due, by any relay.

A message is moved in one transaction that inserts it into the outbox and deletes its row here, so it is
published exactly once, whenever a process is killed. What was due without a relay is moved when one starts.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection, transaction

from backend.api.errors import NotInTransaction
from backend.outbox.models import Message, Scheduled
from backend.outbox.topics import Topic

MOVED_AT_ONCE = 1_000

# Not by the ORM: an idle relay asks several times a second.
_IS_DUE = "SELECT 1 FROM outbox_scheduled WHERE due_at <= %s LIMIT 1"


def schedule(topic: Topic, key: int | str, *, due: Iterable[datetime]) -> None:
    """Let messages about the row `key` be published at these moments, instead of those scheduled before.

    Without moments, the scheduled messages of the key are cancelled.

    Raises:
        NotInTransaction: no transaction is open.
    """
    if not transaction.get_connection().in_atomic_block:
        raise NotInTransaction(topic)
    Scheduled.objects.filter(topic=topic, key=str(key)).delete()
    Scheduled.objects.bulk_create(
        Scheduled(topic=topic, key=str(key), due_at=due_at) for due_at in sorted(set(due))
    )


def scheduled(topic: Topic, key: int | str) -> set[datetime]:
    """Return the moments at which messages about the row `key` will be published."""
    rows = Scheduled.objects.filter(topic=topic, key=str(key))
    return set(rows.values_list("due_at", flat=True))


def publish_due(*, now: datetime) -> int:
    """Move the messages that are due at `now` to the outbox, in the order of their moments; return how many.

    Of two relays, the second waits for the first, so that no later message precedes an earlier one.
    """
    if not _is_any_due(now):
        return 0
    with transaction.atomic():
        due = Scheduled.objects.select_for_update().filter(due_at__lte=now).order_by("due_at", "id")
        rows = list(due[:MOVED_AT_ONCE])
        Message.objects.bulk_create(Message(topic=row.topic, key=row.key) for row in rows)
        Scheduled.objects.filter(pk__in=[row.pk for row in rows]).delete()
    return len(rows)


def _is_any_due(now: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(_IS_DUE, [connection.ops.adapt_datetimefield_value(now)])
        return cursor.fetchone() is not None
