"""Inserting many rows without the cost of a model instance for each."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import F, Field, Model, QuerySet, Value


def insert_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert `rows` with values of the fields `columns`, which must include all without a database default.

    Ids ascend in the order of the rows.
    """
    fields = _fields(model, columns)
    places = ", ".join(["%s"] * len(fields))
    # Not `connection`, whose proxy costs as much per value as the conversion.
    database = connections[DEFAULT_DB_ALIAS]
    prepared = [
        [field.get_db_prep_save(value, database) for field, value in zip(fields, row, strict=True)]
        for row in rows
    ]
    with database.cursor() as cursor:
        cursor.executemany(f"{_insert_into(model, fields)} VALUES ({places})", prepared)


def insert_selected(model: type[Model], columns: Mapping[str, F | Value], *, of: QuerySet[Any]) -> None:
    """Insert a row for each row of `of`, in the order of keys, with the value of each column."""
    selected = of.order_by("pk").values_list(*columns.values())
    try:
        select, parameters = selected.query.sql_with_params()
    except EmptyResultSet:
        # Django knows without a query that nothing matches, for example with an empty list of keys.
        return
    with connection.cursor() as cursor:
        cursor.execute(f"{_insert_into(model, _fields(model, columns))} {select}", parameters)


def _fields(model: type[Model], names: Iterable[str]) -> "list[Field[Any, Any]]":
    by_name = {field.name: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def _insert_into(model: type[Model], fields: "Sequence[Field[Any, Any]]") -> str:
    quoted = connection.ops.quote_name
    names = ", ".join(quoted(str(field.column)) for field in fields)
    return f"INSERT INTO {quoted(model._meta.db_table)} ({names})"
