"""Finds which volume is full when an import fails."""

import errno
import sqlite3
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from backend.api.errors import StorageFull, translated

SQLITE_FULL = "SQLITE_FULL"
TEMPORARY = "temporary files (the environment variable TMPDIR chooses their folder)"


def full_volume(error: Exception) -> str | None:
    """Return a description of the full volume that caused `error`; None for any other error."""
    if isinstance(error, DatabaseError):
        return _database() if isinstance(translated(error), StorageFull) else None
    if isinstance(error, sqlite3.Error):
        # Not an error of Django's database, so the temporary file of `grouping` could not grow.
        return TEMPORARY if getattr(error, "sqlite_errorname", "") == SQLITE_FULL else None
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the folder {Path(error.filename or settings.VITRINE_HOME)}"
    return None


def _database() -> str:
    if connection.vendor == "sqlite":
        return f"the database {settings.DATABASES['default']['NAME']}"
    return "the PostgreSQL server"
