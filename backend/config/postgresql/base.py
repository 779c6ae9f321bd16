"""Django's PostgreSQL backend for web processes.

It opens no connections while the server doesn't respond, and prepares the queries that most requests run.
"""

import time
from typing import Any

from django.db.backends.postgresql import base

from backend.api import database_queries
from backend.config.postgresql.connection import SERVER, ServerUnavailable, WatchedConnection


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes no connection from the pool while the server is known not to respond."""

    connection: WatchedConnection | None

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; every request takes one with its first statement.

        Raises:
            ServerUnavailable: the server did not respond a moment ago, so it is not called for some seconds.
        """
        if not SERVER.may_be_called():
            raise ServerUnavailable("the server did not respond a moment ago")
        return super().get_new_connection(conn_params)

    def prepared_rows(self, sql: str, key: object) -> list[list[Any]] | None:
        """Return the rows of the query, whose only parameter is the key; None if it needs an ordinary cursor.

        It does in a transaction, which would be aborted if the server refused the prepared statement, and if
        queries are logged or instrumented.
        """
        others = [each for each in self.execute_wrappers if each is not database_queries.measured]
        if self.in_atomic_block or self.queries_logged or others:
            return None
        self.close_if_health_check_failed()
        self.ensure_connection()
        if self.connection is None or not self.autocommit:
            return None
        begun = time.perf_counter()
        try:
            with self.wrap_database_errors:
                return self.connection.prepared_rows(sql, key)
        finally:
            database_queries.observe(sql, time.perf_counter() - begun)
