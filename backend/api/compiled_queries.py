"""Queries that are compiled to SQL once, because requests run them often.

Django takes several times as long to compile a query with joins as the database takes to run it.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Self
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, Field, QuerySet
from django.db.models.sql.compiler import SQLCompiler

Key = int | UUID

_HIGHEST_KEY = 2**63 - 1


class _Compiled(NamedTuple):
    connection: BaseDatabaseWrapper
    sql: str
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]
    """The position of a column, the functions that convert its values to Python's, and its expression."""

    @classmethod
    def of(cls, compiler: SQLCompiler, *, sql: str) -> Self:
        """Return the SQL with the converters of the columns of the compiled query."""
        found = compiler.get_converters([selected for selected, _, _ in compiler.select])
        return cls(compiler.connection, sql, [(at, *converters) for at, converters in found.items()])

    def convert(self, rows: Sequence[list[Any]]) -> None:
        """Convert the values of rows that begin with the columns to Python's types, in place."""
        for at, functions, expression in self.converters:
            for convert in functions:
                for row in rows:
                    row[at] = convert(row[at], expression, self.connection)


class _CompiledOnce(ABC):
    """Is compiled once by each thread: connections belong to threads, and converters to connections."""

    def __init__(self) -> None:
        self._of_thread = threading.local()

    def _compiled(self) -> _Compiled:
        connection = connections[DEFAULT_DB_ALIAS]
        compiled: _Compiled | None = getattr(self._of_thread, "compiled", None)
        if compiled is None or compiled.connection is not connection:
            self._of_thread.compiled = compiled = self._compile(connection)
        return compiled

    @abstractmethod
    def _compile(self, connection: BaseDatabaseWrapper) -> _Compiled:
        """Return what is compiled for a connection."""


class CompiledQuery(_CompiledOnce):
    """A query with a key as its only parameter.

    `build` returns the QuerySet of tuples for a key, `any_key` is any value that a key can have, and
    `key_field` is the type of its column.
    """

    def __init__(
        self,
        build: Callable[[Any], QuerySet[Any, tuple[Any, ...]]],
        *,
        any_key: Key = 0,
        key_field: "Field[Any, Any] | None" = None,
    ) -> None:
        super().__init__()
        self._build = build
        self._any_key = any_key
        self._key_field = key_field or BigIntegerField()

    def rows(self, key: Key) -> list[list[Any]]:
        """Return the same rows for `key` as the QuerySet; none if `key` is too large for the column."""
        if isinstance(key, int) and abs(key) > _HIGHEST_KEY:
            return []
        compiled = self._compiled()
        rows = fetch_rows(compiled.connection, compiled.sql, self._stored(key, compiled.connection))
        compiled.convert(rows)
        return rows

    def _stored(self, key: Key, connection: BaseDatabaseWrapper) -> Any:
        return self._key_field.get_db_prep_value(key, connection)

    def _compile(self, connection: BaseDatabaseWrapper) -> _Compiled:
        compiler = self._build(self._any_key).query.get_compiler(connection=connection)
        sql, parameters = compiler.as_sql()
        if tuple(parameters) != (self._stored(self._any_key, connection),):
            raise ValueError(f"the key must be the only parameter, not one of {parameters!r}")
        return _Compiled.of(compiler, sql=sql)


class CompiledColumns(_CompiledOnce):
    """The columns of a query, for statements in SQL that read them from the same tables.

    `build` returns the QuerySet of tuples.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, tuple[Any, ...]]]) -> None:
        super().__init__()
        self._build = build

    def sql(self) -> str:
        """Return the columns as SQL; they are named by their tables."""
        return self._compiled().sql

    def convert(self, rows: Sequence[list[Any]]) -> None:
        """Convert the values of rows that begin with these columns to Python's types, in place."""
        self._compiled().convert(rows)

    def _compile(self, connection: BaseDatabaseWrapper) -> _Compiled:
        compiler = self._build().query.get_compiler(connection=connection)
        compiler.as_sql()
        return _Compiled.of(compiler, sql=", ".join(sql for _, (sql, _), _ in compiler.select))


def fetch_rows(connection: BaseDatabaseWrapper, sql: str, key: Any) -> list[list[Any]]:
    """Return the rows of the query, whose `%s` is the key, before their conversion to Python's types."""
    # Only web processes on PostgreSQL prepare statements.
    prepared_rows = getattr(connection, "prepared_rows", None)
    rows: list[list[Any]] | None = None if prepared_rows is None else prepared_rows(sql, key)
    if rows is not None:
        return rows
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        return [list(row) for row in cursor.fetchall()]
