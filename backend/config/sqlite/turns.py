"""Lets the writers of a database file take turns.

SQLite has one writer at a time, and no queue: those who wait try again after pauses that grow to 100 ms. A
process that begins one transaction right after the other can keep them waiting until they give up. With
turns, one of those who wait for the write lock has the next chance: whoever wants to write first locks a
file beside the database until it has the write lock, so that a writer that has just finished comes after
it.
"""

import errno
import fcntl
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PAUSE_SECONDS = 0.002


class Turns:
    """The turns of one connection; it waits for those of other connections, also in other processes."""

    def __init__(self, database: Path, *, seconds: float) -> None:
        """`seconds` is how long a writer waits for its turn."""
        self._path = database.with_name(f"{database.name}-turn")
        self._seconds = seconds
        self._file: int | None = None

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Close the file, if a turn was ever taken."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    @contextmanager
    def taken(self, connection: sqlite3.Connection) -> Iterator[None]:
        """Have the next chance to get the write lock during the block.

        Raises:
            sqlite3.OperationalError: The turn of another writer did not end in time.
        """
        if self._file is None:
            self._file = _opened(self._path)
        until = time.monotonic() + self._seconds
        waited = not _locked(self._file)
        # Not one blocking call: the process that has the turn may be stopped.
        while waited and not _locked(self._file):
            if time.monotonic() >= until:
                raise _failure("database is locked", "SQLITE_BUSY")
            time.sleep(_PAUSE_SECONDS)
        try:
            if waited:
                # For both, the turn and the lock, a writer waits no longer than for one.
                _set_wait(connection, until - time.monotonic())
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)
            if waited:
                _set_wait(connection, self._seconds)


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        is_full = error.errno in {errno.ENOSPC, errno.EDQUOT}
        raise _failure(str(error), "SQLITE_FULL" if is_full else "SQLITE_CANTOPEN") from error


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _failure(message: str, name: str) -> sqlite3.OperationalError:
    """Return an error like those of SQLite itself."""
    error = sqlite3.OperationalError(message)
    error.sqlite_errorname, error.sqlite_errorcode = name, getattr(sqlite3, name)
    return error


def _set_wait(connection: sqlite3.Connection, seconds: float) -> None:
    connection.execute(f"PRAGMA busy_timeout = {max(round(seconds * 1_000), 1)}")
