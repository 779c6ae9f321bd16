"""Adding an index in a migration without stopping writes."""

import pytest
from django.apps import apps
from django.db import connection, models
from django.db.migrations.state import ProjectState

from backend.api.concurrent_index import AddIndexConcurrently
from backend.api.models import IdempotencyKey

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

TABLE = IdempotencyKey._meta.db_table
INDEX = models.Index(fields=["scope", "status"], name="idempotency_key_of_test")


def columns() -> list[str] | None:
    with connection.cursor() as cursor:
        found = connection.introspection.get_constraints(cursor, TABLE).get(INDEX.name)
    return found and found["columns"]


def test_an_index_is_added_also_after_an_interrupted_migration_and_removed() -> None:
    operation, state = AddIndexConcurrently("idempotencykey", INDEX), ProjectState.from_apps(apps)
    # What an interrupted migration leaves; on PostgreSQL it may be invalid.
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE INDEX {INDEX.name} ON {TABLE} (scope)")
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("api", editor, state, state)
    assert columns() == ["scope", "status"]
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("api", editor, state, state)
    assert columns() is None
