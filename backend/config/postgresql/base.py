"""Django's PostgreSQL backend for web processes: no connections while the server doesn't respond."""

from typing import Any

from django.db.backends.postgresql import base

from backend.config.postgresql.connection import SERVER, ServerUnavailable


class DatabaseWrapper(base.DatabaseWrapper):
    """Takes no connection from the pool while the server is known not to respond."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        """Return a connection; every request takes one with its first statement.

        Raises:
            ServerUnavailable: the server did not respond a moment ago, so it is not called for some seconds.
        """
        if not SERVER.may_be_called():
            raise ServerUnavailable("the server did not respond a moment ago")
        return super().get_new_connection(conn_params)
