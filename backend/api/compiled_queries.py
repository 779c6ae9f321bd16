"""Queries that are compiled to SQL once, for pages that are read often.

Django takes several times as long to compile a query with joins as the database takes to run it.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

_ANY_KEY = 0
_HIGHEST_KEY = 2**63 - 1


class _Compiled(NamedTuple):
    connection: BaseDatabaseWrapper
    sql: str
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]
    """The position of a column, the functions that convert its values to Python's, and its expression."""


class CompiledQuery:
    """A query with a key as its only parameter; `build` returns the QuerySet of tuples for a key."""

    def __init__(self, build: Callable[[int], QuerySet[Any, tuple[Any, ...]]]) -> None:
        self._build = build
        # Connections belong to threads, and converters to connections.
        self._of_thread = threading.local()

    def rows(self, key: int) -> list[list[Any]]:
        """Return the same rows for `key` as the QuerySet; none if `key` is too large for the column."""
        if abs(key) > _HIGHEST_KEY:
            return []
        connection, sql, converters = self._compiled()
        with connection.cursor() as cursor:
            cursor.execute(sql, [key])
            rows = [list(row) for row in cursor.fetchall()]
        for row in rows:
            for at, functions, expression in converters:
                for convert in functions:
                    row[at] = convert(row[at], expression, connection)
        return rows

    def _compiled(self) -> _Compiled:
        connection = connections[DEFAULT_DB_ALIAS]
        compiled: _Compiled | None = getattr(self._of_thread, "compiled", None)
        if compiled is None or compiled.connection is not connection:
            self._of_thread.compiled = compiled = self._compile(connection)
        return compiled

    def _compile(self, connection: BaseDatabaseWrapper) -> _Compiled:
        compiler = self._build(_ANY_KEY).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        if tuple(parameters) != (_ANY_KEY,):
            raise ValueError(f"the key must be the only parameter, not one of {parameters!r}")
        expressions = [selected for selected, _, _ in compiler.select]
        found = compiler.get_converters(expressions)
        return _Compiled(connection, sql, [(at, *converters) for at, converters in found.items()])
