"""Connections of web processes prepare the queries that most requests run."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError
from django.db import connection as django_connection

from backend.api.compiled_queries import fetch_rows
from backend.config.postgresql.base import DatabaseWrapper
from backend.config.postgresql.connection import WatchedConnection
from backend.config.postgresql.prepared import name_of

pytestmark = [pytest.mark.stores, pytest.mark.django_db]

PREPARED = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'vitrine%'"
SELECT = (
    "SELECT 'ä 100%%', NULL, now() > '2020-01-01', '{{\"a\": 1}}'::jsonb, '{value}'::timestamptz, %s::{type}"
)


class Unpooled(DatabaseWrapper):
    """Opens the connection itself, as the pool of a web process does."""

    def get_new_connection(self, conn_params: dict[str, Any]) -> WatchedConnection:
        return WatchedConnection.connect(**conn_params)


@pytest.fixture
def web() -> Iterator[DatabaseWrapper]:
    """Return the database as a web process connects to it, with a connection of its own."""
    if django_connection.vendor != "postgresql":
        pytest.skip("SQLite has no connections that prepare statements")
    settings = dict(django_connection.settings_dict)
    options = {name: value for name, value in settings["OPTIONS"].items() if name != "pool"}
    wrapper = Unpooled(settings | {"OPTIONS": options})
    wrapper.connect()
    yield wrapper
    wrapper.close()


def by_cursor(web: DatabaseWrapper, sql: str, key: Any) -> list[list[Any]]:
    with web.cursor() as cursor:
        cursor.execute(sql, [key])
        return [list(row) for row in cursor.fetchall()]


def prepared(web: DatabaseWrapper) -> int:
    with web.cursor() as cursor:
        cursor.execute(PREPARED)
        return int(cursor.fetchone()[0])


def test_a_prepared_query_returns_what_a_cursor_returns_and_is_prepared_once(web: DatabaseWrapper) -> None:
    for type_, keys in (("uuid", [UUID(int=1), UUID(int=2)]), ("bigint", [0, 2**62])):
        sql = SELECT.format(type=type_, value="2026-03-02T12:00:00+05:00")
        for key in keys:
            assert web.prepared_rows(sql, key) == by_cursor(web, sql, key)
    assert prepared(web) == 2


def test_in_a_transaction_and_for_logged_queries_a_cursor_is_used(web: DatabaseWrapper) -> None:
    web.force_debug_cursor = True
    assert web.prepared_rows("SELECT %s::int", 1) is None
    assert fetch_rows(web, "SELECT %s::int", 1) == [[1]]
    web.force_debug_cursor = False
    web.set_autocommit(False)
    assert web.prepared_rows("SELECT %s::int", 1) is None
    web.rollback()
    web.set_autocommit(True)
    assert prepared(web) == 0


@pytest.mark.parametrize(
    "change",
    ["DEALLOCATE ALL", "ALTER TABLE prepared_test ALTER COLUMN name TYPE varchar(40)"],
    ids=["another server connection of a pooler", "another type of a column"],
)
def test_where_the_server_refuses_a_prepared_statement_a_cursor_is_used(
    web: DatabaseWrapper, change: str
) -> None:
    sql = "SELECT name FROM prepared_test WHERE id = %s"
    with web.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE prepared_test AS SELECT 1 AS id, 'a'::varchar(20) AS name")
    assert web.prepared_rows(sql, 1) == [["a"]]
    with web.cursor() as cursor:
        cursor.execute(change)
    assert fetch_rows(web, sql, 1) == [["a"]]
    assert web.prepared_rows(sql, 1) is None


def test_a_name_that_another_client_of_a_pooler_uses_is_not_used(web: DatabaseWrapper) -> None:
    sql = "SELECT %s::int"
    with web.cursor() as cursor:
        cursor.execute(f"PREPARE {name_of(sql).decode()} AS SELECT 'of another client'")
    assert fetch_rows(web, sql, 1) == [[1]]


def test_other_errors_are_raised_as_the_frameworks(web: DatabaseWrapper) -> None:
    with pytest.raises(DatabaseError, match="division by zero"):
        web.prepared_rows("SELECT 1 / %s::int", 0)
    assert web.prepared_rows("SELECT 1 / %s::int", 1) == [[1]]
