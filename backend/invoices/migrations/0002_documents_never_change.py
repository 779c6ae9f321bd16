"""Refuse changes of invoices, credit notes and their movements, in the database.

SQLite has no trigger for deletions, because the tests empty all tables; the foreign key of an invoiced movement
keeps its document. A later migration that rebuilds one of these tables on SQLite has to create the triggers
again.
"""

from django.db import migrations

TABLES = ("invoices_invoice", "invoices_invoicedmovement")
FUNCTION = """
    CREATE FUNCTION invoices_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$
"""
POSTGRESQL = """
    CREATE TRIGGER {table}_never_changes BEFORE UPDATE OR DELETE ON {table}
    FOR EACH ROW EXECUTE FUNCTION invoices_refuse_change()
"""
SQLITE = """
    CREATE TRIGGER {table}_never_changes BEFORE UPDATE ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END
"""


def create(apps, schema_editor):
    """Create a trigger for each table."""
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    if is_postgresql:
        schema_editor.execute(FUNCTION, params=None)
    for table in TABLES:
        schema_editor.execute((POSTGRESQL if is_postgresql else SQLITE).format(table=table))


def drop(apps, schema_editor):
    """Drop the triggers."""
    is_postgresql = schema_editor.connection.vendor == "postgresql"
    for table in TABLES:
        schema_editor.execute(f"DROP TRIGGER {table}_never_changes" + f" ON {table}" * is_postgresql)
    if is_postgresql:
        schema_editor.execute("DROP FUNCTION invoices_refuse_change()")


class Migration(migrations.Migration):
    """See the module's docstring."""

    dependencies = [("invoices", "0001_initial")]
    operations = [migrations.RunPython(create, drop)]
