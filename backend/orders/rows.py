"""Inserts many rows without the cost of creating model instances."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.models import F, Field, Model, QuerySet, Value


def insert_rows(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert `rows`, which have the values of the fields `columns`, in order, so that their ids ascend.

    `columns` must include every field without a database default.
    """
    fields = _fields(model, columns)
    places = ", ".join(["%s"] * len(fields))
    # The proxy `connection` would cost as much per value as the conversion.
    database = connections[DEFAULT_DB_ALIAS]
    prepared = [
        [field.get_db_prep_save(value, database) for field, value in zip(fields, row, strict=True)]
        for row in rows
    ]
    with database.cursor() as cursor:
        cursor.executemany(f"{_insert_into(model, fields)} VALUES ({places})", prepared)


def insert_selected(model: type[Model], columns: Mapping[str, F | Value], *, of: QuerySet[Any]) -> None:
    """Insert a row for each row of `of`, ordered by primary key; `columns` maps fields to expressions."""
    selected = of.order_by("pk").values_list(*columns.values())
    try:
        select, parameters = selected.query.sql_with_params()
    except EmptyResultSet:
        # Django knows that nothing can match, for example with an empty list of keys.
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
