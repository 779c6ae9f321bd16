"""The ids that PostgreSQL gives to transactions, as expressions of queries."""

from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


class CurrentTransaction(models.Func):
    """The id of the current transaction: PostgreSQL's xid8; 0 on SQLite, which has a single writer."""

    template = "0"
    output_field = models.BigIntegerField()

    def as_postgresql(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[str | int, ...]]:
        """Return SQL for the top-level transaction's id, which PostgreSQL assigns if necessary."""
        template = "(pg_current_xact_id()::text::bigint)"
        return self.as_sql(compiler, connection, template=template, **extra)


class OldestRunning(models.Func):
    """The id of the oldest transaction that may still commit (PostgreSQL)."""

    template = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
    output_field = models.BigIntegerField()


class NextTransaction(models.Func):
    """The lowest transaction id that this server has not assigned yet (PostgreSQL)."""

    template = "pg_snapshot_xmax(pg_current_snapshot())::text::bigint"
    output_field = models.BigIntegerField()
