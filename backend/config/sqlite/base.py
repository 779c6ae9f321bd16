"""Django's SQLite backend with private permissions for the file and its folder, and turns for its writers."""

import sqlite3
from pathlib import Path
from typing import Any, Self

from django.db.backends.sqlite3 import base

from backend.config.sqlite.turns import Turns

_FOR_OTHERS = 0o077
_WRITES = ("BEGIN IMMEDIATE", "INSERT", "UPDATE", "DELETE", "REPLACE")


class Cursor(base.SQLiteCursorWrapper):
    """A cursor whose statements take turns with those of other connections where they need the write lock.

    Statements that only migrations execute outside of transactions, such as CREATE, take no turns.
    """

    def __init__(self, connection: sqlite3.Connection, turns: Turns) -> None:
        super().__init__(connection)
        self._turns = turns

    def execute(self, query: str, params: Any = None) -> Self:
        """Execute a statement; the first of a transaction, or one outside of any, waits for its turn."""
        if self.connection.in_transaction or not query.startswith(_WRITES):
            super().execute(query, params)
        else:
            with self._turns.taken(self.connection):
                super().execute(query, params)
        return self


class DatabaseWrapper(base.DatabaseWrapper):
    """Creates the file at the first connection, so that importing the settings writes nothing to disk."""

    _turns: Turns | None = None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; SQLite creates its other files with the mode of the database file."""
        name = str(conn_params["database"])
        if not name.startswith("file:") and name != ":memory:":
            _keep_private(Path(name))
            self._turns = Turns(Path(name), seconds=conn_params.get("timeout", 5.0))
        return super().get_new_connection(conn_params)

    def create_cursor(self, name: str | None = None) -> Any:
        """Return a cursor; databases in memory have no other writers."""
        if (turns := self._turns) is None:
            return super().create_cursor(name)
        return self.connection.cursor(factory=lambda connection: Cursor(connection, turns))

    def _close(self) -> None:
        if self._turns is not None:
            self._turns.close()
        super()._close()  # type: ignore[misc]  # the stubs leave it out


def _keep_private(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        return
    if mode & _FOR_OTHERS:
        path.chmod(mode & ~_FOR_OTHERS)
