"""Inserts many rows of a table at less cost than the ORM.

There is a function for each source of the rows: model instances (`insert_objects`), values of some columns
(`insert_values`), and a query in the database (`insert_query`).
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import DEFAULT_DB_ALIAS, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Field, Model, QuerySet
from django.db.models.expressions import Combinable


def insert_objects(rows: Sequence[Model], *, overwrite: Collection[str] = ()) -> None:
    """Insert model instances of one class, without setting generated primary keys on them.

    With `overwrite`, these fields of a row are updated if its primary key exists. On SQLite this takes half
    the time of `bulk_create`, which builds a statement for every few dozen rows; elsewhere it calls it.
    """
    if not rows:
        return
    if connection.vendor == "sqlite":
        _insert_one_by_one(rows, overwrite=overwrite)
        return
    options: dict[str, Any] = {}
    if overwrite:
        options = {"update_conflicts": True, "unique_fields": ["pk"], "update_fields": overwrite}
    type(rows[0])._default_manager.bulk_create(rows, **options)


def _insert_one_by_one(rows: Sequence[Model], *, overwrite: Collection[str]) -> None:
    meta = rows[0]._meta
    fields: list[Field[Any, Any]] = [
        field for field in meta.concrete_fields if not isinstance(field, AutoField)
    ]
    statement = _statement(type(rows[0]), fields, overwrite=_fields(type(rows[0]), overwrite))
    values = [
        [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def _statement(
    model: type[Model], fields: Sequence["Field[Any, Any]"], *, overwrite: Sequence["Field[Any, Any]"]
) -> str:
    quoted = connection.ops.quote_name
    places = ", ".join(["%s"] * len(fields))
    statement = f"{insert_into(model, fields)} VALUES ({places})"
    if not overwrite:
        return statement
    key = quoted(str(model._meta.pk.column))
    columns = [quoted(str(field.column)) for field in overwrite]
    changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
    return f"{statement} ON CONFLICT ({key}) DO UPDATE SET {changes}"


def insert_values(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Insert `rows`, which have the values of the fields `columns`, in order, so that their ids ascend.

    `columns` must include every field without a database default.
    """
    values = list(zip(*rows, strict=True))
    if not values:
        return
    fields = _fields(model, columns)
    places = ", ".join(["%s"] * len(fields))
    statement = f"{insert_into(model, fields)} VALUES ({places})"
    # The proxy `connection` would cost as much per value as the conversion.
    database = connections[DEFAULT_DB_ALIAS]
    prepared = [
        _prepared(field, column, database=database) for field, column in zip(fields, values, strict=True)
    ]
    with database.cursor() as cursor:
        cursor.executemany(statement, list(zip(*prepared, strict=True)))


def _prepared(
    field: "Field[Any, Any]", values: Sequence[object], *, database: BaseDatabaseWrapper
) -> list[object]:
    """Return the values as they are stored; an object that repeats, as most do, is converted once."""
    objects = {id(value): value for value in values}
    stored = {key: field.get_db_prep_save(value, database) for key, value in objects.items()}
    return [stored[id(value)] for value in values]


def insert_query(model: type[Model], columns: Mapping[str, Combinable], *, of: QuerySet[Any]) -> None:
    """Insert a row for each row of `of`, ordered by primary key; `columns` maps fields to expressions."""
    selected = of.order_by("pk").values_list(*columns.values())
    try:
        select, parameters = selected.query.sql_with_params()
    except EmptyResultSet:
        # Django knows that nothing can match, for example with an empty list of keys.
        return
    with connection.cursor() as cursor:
        cursor.execute(f"{insert_into(model, _fields(model, columns))} {select}", parameters)


def _fields(model: type[Model], names: Iterable[str]) -> "list[Field[Any, Any]]":
    by_name = {field.name: field for field in model._meta.concrete_fields}
    return [by_name[name] for name in names]


def insert_into(model: type[Model], fields: "Sequence[Field[Any, Any]]") -> str:
    """Return the beginning of an INSERT statement with these columns, up to the values."""
    quoted = connection.ops.quote_name
    names = ", ".join(quoted(str(field.column)) for field in fields)
    return f"INSERT INTO {quoted(model._meta.db_table)} ({names})"
