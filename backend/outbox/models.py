"""Messages and the cursors of subscribers."""

from django.db import models
from django.db.models.functions import Now

from backend.api.transactions import CurrentTransaction


class Message(models.Model):
    """A message of `topic` about the row with the key `key`. Append-only; read in the order (xid, id)."""

    id = models.BigAutoField(primary_key=True)
    xid = models.BigIntegerField(db_default=CurrentTransaction())
    topic = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="outbox_in_commit_order")]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class Scheduled(models.Model):
    """A message to publish when it is due; `backend.outbox.scheduling` moves it to the outbox."""

    id = models.BigAutoField(primary_key=True)
    topic = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    due_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["due_at", "id"], name="outbox_scheduled_in_order")]
        constraints = [
            models.UniqueConstraint(fields=["topic", "key", "due_at"], name="outbox_scheduled_once"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.key} at {self.due_at:%Y-%m-%d %H:%M:%S}"


class Cursor(models.Model):
    """The position up to which a subscriber has handled all messages, and the process that runs it now.

    A closed cursor doesn't prevent pruning. `overtaken` means that messages after it were deleted. `remedy`
    is what an operator should do if a relay runs, but no process runs the subscriber.
    """

    subscriber = models.CharField(primary_key=True, max_length=100)
    xid = models.BigIntegerField(default=0)
    message_id = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, default="")
    lease_until = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(db_default=Now())
    failure = models.TextField(default="")
    remedy = models.CharField(max_length=200, db_default="", blank=True)
    closed_at = models.DateTimeField(null=True)
    overtaken = models.BooleanField(db_default=False)

    def __str__(self) -> str:
        return f"{self.subscriber} at ({self.xid}, {self.message_id})"
