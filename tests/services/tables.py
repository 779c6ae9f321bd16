"""Emptying the tables after a test that commits, much faster than Django's `flush`.

`flush` truncates every table, which takes PostgreSQL a fifth of a second, and then creates the content types and
permissions of all apps again. Here only tables with rows are emptied, and content types and permissions remain.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction
from django.test import TransactionTestCase

# Migrations fill these, and no test changes them.
KEPT = frozenset({"django_content_type", "auth_permission"})

_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]  # not in the stubs


def empty_tables(case: Any) -> None:
    """Delete all rows of the available apps, instead of `TransactionTestCase._fixture_teardown`."""
    connection = connections["default"]
    if connection.vendor == "postgresql" and not _is_superuser(connection):
        with connection.cursor() as cursor:
            _switch_triggers(cursor, "DISABLE")
            _flush(case)
            _switch_triggers(cursor, "ENABLE")
        return
    with transaction.atomic(), connection.cursor() as cursor:
        filled = _filled(
            cursor, sorted(set(connection.introspection.django_table_names(only_existing=True)) - KEPT)
        )
        with without_triggers(cursor, filled):
            for table in filled:
                cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")


@contextmanager
def without_triggers(cursor: Any, tables: Sequence[str]) -> Iterator[None]:
    """Disable the triggers of append-only tables in the open transaction, and foreign keys on PostgreSQL."""
    if connections["default"].vendor == "postgresql":
        if tables:
            cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")
        return
    names = ", ".join(f"'{table}'" for table in tables)
    cursor.execute(
        f"SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ({names})"
        " AND name LIKE '%append_only%'"
    )
    triggers = cursor.fetchall()
    for name, _ in triggers:
        cursor.execute(f"DROP TRIGGER {name}")
    yield
    for _, sql in triggers:
        cursor.execute(sql)


def _filled(cursor: Any, tables: list[str]) -> list[str]:
    """Return the tables that have rows."""
    quoted = map(connections["default"].ops.quote_name, tables)
    cursor.execute(
        " UNION ALL ".join(
            f"SELECT {number} WHERE EXISTS (SELECT 1 FROM {table})" for number, table in enumerate(quoted)
        )
    )
    return [tables[number] for (number,) in cursor.fetchall()]


def _is_superuser(connection: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT usesuper FROM pg_user WHERE usename = current_user")
        return bool(cursor.fetchone()[0])


def _switch_triggers(cursor: Any, switch: str) -> None:
    """Enable or disable the triggers that refuse TRUNCATE, as the owner of the tables."""
    cursor.execute(
        "SELECT tgrelid::regclass, tgname FROM pg_trigger WHERE tgname LIKE '%\\_append\\_only\\_truncate'"
    )
    for table, trigger in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} {switch} TRIGGER {trigger}")
