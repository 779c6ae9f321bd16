"""Translates database failures to API errors."""

import errno

from django.db import OperationalError

from backend.api.errors import DatabaseUnavailable, DomainError, StorageFull, register_translation

_POSTGRESQL_FULL = frozenset({"53100"})
_SQLITE_FULL = frozenset({"SQLITE_FULL"})
# Any other error of SQLite, such as a missing table, is a bug and stays a 500.
_SQLITE_TEMPORARY = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_READONLY")


def register() -> None:
    """Register translations to 503 for a database that is down, locked for too long, or out of space."""
    register_translation(OperationalError, to=_of_database)
    register_translation(OSError, to=_of_system)


def _of_database(error: OperationalError) -> DomainError | None:
    cause = error.__cause__
    if sqlite := str(getattr(cause, "sqlite_errorname", "")):
        if sqlite in _SQLITE_FULL:
            return StorageFull()
        return DatabaseUnavailable() if sqlite.startswith(_SQLITE_TEMPORARY) else None
    return StorageFull() if getattr(cause, "sqlstate", None) in _POSTGRESQL_FULL else DatabaseUnavailable()


def _of_system(error: OSError) -> DomainError | None:
    return StorageFull() if error.errno in (errno.ENOSPC, errno.EDQUOT) else None
