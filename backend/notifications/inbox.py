"""The inbox of an account, as a channel and as a list."""

from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from backend.accounts.models import User
from backend.notifications.errors import InboxMessageNotFound
from backend.notifications.messages import RenderedMessage
from backend.notifications.models import InboxMessage
from backend.outbox.services import publish
from backend.outbox.topics import Topic

NAME = "inbox"
DELETED_AT_ONCE = 5_000


class InboxConnection:
    """Stores messages in the database."""

    def open(self) -> None:
        """Do nothing."""

    def send(self, message: RenderedMessage, *, address: str, message_id: str) -> None:
        """Store the message, unless it is stored already."""
        with transaction.atomic():
            row, is_new = InboxMessage.objects.get_or_create(
                message_id=message_id,
                defaults={
                    "user_id": int(address),
                    "kind": message.kind,
                    "title": message.subject,
                    "url": message.url,
                    "created_at": timezone.now(),
                },
            )
            if is_new:
                publish(Topic.INBOX_MESSAGE, row.pk)

    def close(self) -> None:
        """Do nothing."""


class InboxChannel:
    """Puts messages into the inbox of the account. The address is the account's id."""

    @property
    def name(self) -> str:
        """The name in the log of deliveries."""
        return NAME

    @property
    def is_repeatable(self) -> bool:
        """Sending a message twice stores it once."""
        return True

    def address_of(self, user: User) -> str:
        """Return the account's id."""
        return str(user.pk)

    def new_message_id(self) -> str:
        """Return a random identifier."""
        return str(uuid4())

    def connection(self) -> InboxConnection:
        """Return a connection."""
        return InboxConnection()


def messages_of(user_id: int, *, unread: bool = False) -> QuerySet[InboxMessage]:
    """Return the messages in the user's inbox, newest first."""
    rows = InboxMessage.objects.filter(user=user_id).order_by("-pk")
    return rows.filter(read_at=None) if unread else rows


def unread_count(user_id: int) -> int:
    """Return how many messages of the user are unread."""
    return InboxMessage.objects.filter(user=user_id, read_at=None).count()


def mark_read(user_id: int, *, message_id: int, now: datetime) -> InboxMessage:
    """Mark a message of the user as read, and return it.

    Raises:
        InboxMessageNotFound: it doesn't exist, or is another user's.
    """
    row = InboxMessage.objects.filter(user=user_id, pk=message_id).first()
    if row is None:
        raise InboxMessageNotFound(message_id=message_id)
    if row.read_at is None:
        row.read_at = now
        row.save(update_fields=["read_at"])
    return row


def mark_all_read(user_id: int, *, up_to: int | None, now: datetime) -> int:
    """Mark the user's messages as read, those up to an id or all; return how many were unread."""
    rows = InboxMessage.objects.filter(user=user_id, read_at=None)
    return (rows if up_to is None else rows.filter(pk__lte=up_to)).update(read_at=now)


def delete_old_messages(*, older_than: timedelta, now: datetime) -> int:
    """Delete messages, read or not, in small transactions; return how many."""
    old = InboxMessage.objects.filter(created_at__lt=now - older_than).order_by("created_at")
    deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        deleted += InboxMessage.objects.filter(pk__in=ids).delete()[0]
    return deleted
