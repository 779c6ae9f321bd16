"""Django's `migrate`, which on SQLite lets the processes of a served shop write between migrations."""

import time
from typing import Any

from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations import Migration
from django.db.migrations.recorder import MigrationRecorder

# A migration holds the write lock until it ends. Those who wait for it ask for it ten times a second: without
# pauses they would find it held again and again, and give up. Releases with turns need no pauses.
_HOLD_SECONDS, _PAUSE_SECONDS = 1.0, 0.25


class Command(migrate.Command):
    """Makes a pause whenever migrations have held SQLite's write lock for a second."""

    _leaves_time = False

    def handle(self, *args: Any, **options: Any) -> None:
        """Apply or unapply migrations; a database without any has no other users, and needs no pauses."""
        connection = connections[options["database"]]
        is_file = connection.vendor == "sqlite" and not connection.is_in_memory_db()  # type: ignore[attr-defined]
        self._leaves_time = is_file and bool(MigrationRecorder(connection).applied_migrations())
        self._pause_ended = time.monotonic()
        super().handle(*args, **options)

    def migration_progress_callback(
        self, action: str, migration: Migration | None = None, fake: bool = False
    ) -> None:
        """Report the progress; called before and after each migration."""
        super().migration_progress_callback(action, migration, fake)
        if not self._leaves_time or not action.endswith("_success"):
            return
        if time.monotonic() - self._pause_ended > _HOLD_SECONDS:
            time.sleep(_PAUSE_SECONDS)
            self._pause_ended = time.monotonic()
