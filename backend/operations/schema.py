"""Finds database migrations that are not applied yet."""

from collections.abc import Mapping
from functools import cache

from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

from backend.operations.health import Unhealthy

REMEDY = "Run: python manage.py migrate"


def pending() -> list[str]:
    """Return the migrations that are not applied, as `app.name`, in order.

    Raises:
        django.db.DatabaseError: the database is not available.
    """
    applied = MigrationRecorder(connection).applied_migrations()
    return [f"{app}.{name}" for app, name in _known() if (app, name) not in applied]


def check() -> Mapping[str, object]:
    """Check that all migrations are applied.

    Raises:
        Unhealthy: some are not; names the first, and the command that applies them.
    """
    missing = pending()
    if missing:
        raise Unhealthy(f"{len(missing)} migrations are not applied, the first is {missing[0]}", REMEDY)
    return {}


@cache
def _known() -> list[tuple[str, str]]:
    graph = MigrationLoader(None).graph
    order: list[tuple[str, str]] = []
    for leaf in graph.leaf_nodes():
        order += [node for node in graph.forwards_plan(leaf) if node not in order]
    return order
