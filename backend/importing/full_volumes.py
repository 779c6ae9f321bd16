"""Names the volume that an import has filled up."""

import errno
import sqlite3
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, connection

from backend.api.errors import StorageFull, translated

SQLITE_FULL = "SQLITE_FULL"
TEMPORARY = "temporary files (the environment variable TMPDIR chooses their folder)"


def full_volume(error: Exception) -> str | None:
    """Return what is on the volume without space that caused `error`; None for any other error."""
    if isinstance(error, DatabaseError):
        return _database() if isinstance(translated(error), StorageFull) else None
    if isinstance(error, sqlite3.Error):
        # Not Django's, so it is the file in which rows wait to be grouped.
        return TEMPORARY if getattr(error, "sqlite_errorname", "") == SQLITE_FULL else None
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the folder {Path(error.filename or settings.VITRINE_HOME)}"
    return None


def _database() -> str:
    if connection.vendor == "sqlite":
        return f"the database {settings.DATABASES['default']['NAME']}"
    return "the PostgreSQL server"
