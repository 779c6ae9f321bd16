"""Opens, closes and repairs the cursors of subscribers.

Messages after an open cursor are not deleted. A command that is killed leaves its cursor open, so the relay
closes a cursor if it belongs to none of the relay's subscribers and no process has used it for
OUTBOX_ABANDONED_AFTER. A closed cursor keeps its position, and its subscriber resumes there when it runs
again. When a message after a closed cursor is deleted, the cursor is marked as overtaken; its subscriber then
fails until it is repaired.
"""

from collections.abc import Collection
from datetime import datetime

import structlog
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.db.models.functions import Coalesce

from backend.outbox.errors import Overtaken, UnknownSubscriber
from backend.outbox.models import Cursor
from backend.outbox.selectors import before_all, head
from backend.outbox.services import publish_many, renumber_if_restored
from backend.outbox.subscribers import Start, Subscriber
from backend.outbox.topics import Kind, Topic

logger = structlog.get_logger(__name__)

KEYS_PER_TRANSACTION = 5_000


def open_cursor(name: str, *, start: Start, remedy: str = "") -> None:
    """Store a cursor for the subscriber `name`, unless it has one.

    All messages that are committed after this function returns are after the cursor. `remedy` is what the
    health check advises if a relay runs, but no process runs the subscriber.
    """
    renumber_if_restored()
    position = head() if start is Start.HEAD else before_all()
    Cursor.objects.get_or_create(
        subscriber=name,
        defaults={"xid": position.xid, "message_id": position.message_id, "remedy": remedy},
    )


def delete_cursor(name: str) -> None:
    """Delete the cursor of the subscriber `name`."""
    Cursor.objects.filter(subscriber=name).delete()


def reopen_cursor(name: str) -> None:
    """Open a closed cursor again.

    Raises:
        Overtaken: messages after it were deleted.
    """
    Cursor.objects.filter(subscriber=name, overtaken=False).update(closed_at=None)
    if Cursor.objects.filter(subscriber=name, overtaken=True).exists():
        raise Overtaken(name)


def close_abandoned(declared: Collection[str], *, now: datetime) -> list[str]:
    """Close abandoned cursors, except those of `declared`; return the names of their subscribers."""
    last_run = Coalesce("lease_until", "moved_at", output_field=models.DateTimeField())
    abandoned = (
        Cursor.objects.annotate(last_run=last_run)
        .filter(closed_at=None, last_run__lt=now - settings.OUTBOX_ABANDONED_AFTER)
        .exclude(subscriber__in=declared)
    )
    names = sorted(abandoned.values_list("subscriber", flat=True))
    for name in names:
        abandoned.filter(subscriber=name).update(closed_at=now)
        logger.warning("cursor_closed", subscriber=name, reason="no process has run it for a long time")
    return names


def close_cursor(name: str, *, now: datetime) -> None:
    """Close the cursor of the subscriber `name`.

    Raises:
        UnknownSubscriber: there is no such cursor, or a process runs the subscriber.
    """
    idle = Q(lease_owner="") | Q(lease_until=None) | Q(lease_until__lt=now)
    if not Cursor.objects.filter(idle, subscriber=name).update(closed_at=now):
        raise UnknownSubscriber(f"there is no idle cursor {name}")


def repair(subscriber: Subscriber) -> list[Topic]:
    """Let an overtaken subscriber run again, and republish all rows of its state topics.

    Return its fact topics, whose deleted messages are lost.
    """
    Cursor.objects.filter(subscriber=subscriber.name).update(overtaken=False, closed_at=None, failure="")
    for topic in sorted(topic for topic in subscriber.topics if topic.kind is Kind.STATE):
        republish(topic)
    return sorted(topic for topic in subscriber.topics if topic.kind is Kind.FACT)


def republish(topic: Topic) -> int:
    """Publish every row of a state topic's model; return how many."""
    rows = apps.get_model(topic.model)._default_manager.order_by("pk")
    count, last = 0, 0
    while keys := list(rows.filter(pk__gt=last).values_list("pk", flat=True)[:KEYS_PER_TRANSACTION]):
        with transaction.atomic():
            publish_many(topic, keys)
        count, last = count + len(keys), keys[-1]
    return count
