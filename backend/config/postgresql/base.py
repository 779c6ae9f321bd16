"""Django's PostgreSQL backend for web processes: while the server hangs, connecting fails at once."""

from typing import Any

from django.db.backends.postgresql import base

from backend.config.postgresql.connection import SERVER, ServerHangs


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes no connection from the pool while the server is known to hang."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; every request takes one with its first statement.

        Raises:
            ServerHangs: the server did not respond a moment ago, and is not called again yet.
        """
        if not SERVER.may_be_called():
            raise ServerHangs("the server did not respond a moment ago")
        return super().get_new_connection(conn_params)
