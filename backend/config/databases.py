"""Django's setting DATABASES: SQLite, or PostgreSQL through a pool of connections."""

from pathlib import Path
from typing import Any

from backend.config.environment import Variables

SQLITE = "django.db.backends.sqlite3"


def databases(env: Variables, *, home: Path, is_web: bool) -> dict[str, dict[str, Any]]:
    """Return the setting; `is_web` is true in processes that answer requests.

    A web request may wait for the database for a few seconds only, a background process for longer.
    """
    database = env.database("DATABASE_URL", f"sqlite:///{home / 'db.sqlite3'}")
    if database["ENGINE"] == SQLITE:
        _configure_sqlite(database, is_web=is_web)
    else:
        _configure_postgresql(database, pool_size=env.whole("DATABASE_POOL_SIZE", 20, least=1), is_web=is_web)
    return {"default": database}


def _configure_sqlite(database: dict[str, Any], *, is_web: bool) -> None:
    database["ENGINE"] = "backend.config.sqlite"
    if not is_web:
        # Opening a connection takes longer than most statements, and background processes need only a few.
        database["CONN_MAX_AGE"] = None
    database["OPTIONS"] = {
        # Otherwise a transaction that reads first and then writes fails at once if there is another writer.
        "transaction_mode": "IMMEDIATE",
        "timeout": 4 if is_web else 30,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA mmap_size=134217728; PRAGMA cache_size=-20000;",
    }


def _configure_postgresql(database: dict[str, Any], *, pool_size: int, is_web: bool) -> None:
    # The URL may have options of its own, such as ?sslmode=require.
    options = database.setdefault("OPTIONS", {})
    pool_seconds = 2 if is_web else 10
    options["pool"] = {
        "min_size": 1,
        "max_size": pool_size,
        "timeout": pool_seconds,
        # Otherwise the pool retries after ever longer pauses, and requests fail during them.
        "reconnect_timeout": pool_seconds,
    }
    if is_web:
        # Shops on SQLite need no psycopg.
        from backend.config.postgresql.connection import WatchedConnection  # noqa: PLC0415

        database["ENGINE"] = "backend.config.postgresql"
        options["pool"]["connection_class"] = WatchedConnection
        options.setdefault("options", "-c statement_timeout=10s -c lock_timeout=4s")
    options.setdefault("connect_timeout", 2 if is_web else 3)
