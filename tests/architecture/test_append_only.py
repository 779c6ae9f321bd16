"""Every append-only table still has its triggers after all migrations."""

import pytest
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from backend.api.append_only import AppendOnly

EVENTS = {"postgresql": ["", "_truncate"], "sqlite": ["_update", "_delete", "_replace"]}
TRIGGERS = {
    "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled = 'O'",
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
}


@pytest.mark.django_db
def test_every_append_only_table_has_its_triggers() -> None:
    tables = {
        operation.table
        for migration in MigrationLoader(None).disk_migrations.values()
        for operation in migration.operations
        if isinstance(operation, AppendOnly)
    }
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS[connection.vendor])
        found = {name for (name,) in cursor.fetchall()}

    assert {"audit_auditentry", "audit_block", "invoices_invoice", "invoices_invoicedmovement"} <= tables
    assert {f"{table}_append_only{event}" for table in tables for event in EVENTS[connection.vendor]} <= found
