"""The outbox: what changed, in the order in which it was committed."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.functions import Now
from django.db.models.sql.compiler import SQLCompiler


class CurrentTransaction(models.Func):
    """The writing transaction's number: PostgreSQL's xid8; 0 on SQLite, whose one writer needs none."""

    template = "0"
    output_field = models.BigIntegerField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return the top-level transaction's id, taking one if there is none yet."""
        template = "(pg_current_xact_id()::text::bigint)"
        return self.as_sql(compiler, connection, template=template, **extra)


class Message(models.Model):
    """Something with the key `key` changed. Append-only; readers go by (xid, id)."""

    id = models.BigAutoField(primary_key=True)
    xid = models.BigIntegerField(db_default=CurrentTransaction())
    topic = models.CharField(max_length=32)
    key = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="outbox_in_commit_order")]

    def __str__(self) -> str:
        return f"{self.topic} {self.key}"


class Cursor(models.Model):
    """How far a subscriber has come, and which process works for it now."""

    subscriber = models.CharField(primary_key=True, max_length=100)
    xid = models.BigIntegerField(default=0)
    message_id = models.BigIntegerField(default=0)
    lease_owner = models.CharField(max_length=64, default="")
    lease_until = models.DateTimeField(null=True)
    moved_at = models.DateTimeField(db_default=Now())
    failure = models.TextField(default="")

    def __str__(self) -> str:
        return f"{self.subscriber} at ({self.xid}, {self.message_id})"
