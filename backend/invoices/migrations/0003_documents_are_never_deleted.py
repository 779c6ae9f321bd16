"""Refuse the deletion of invoices, credit notes and their movements on SQLite too, and TRUNCATE on PostgreSQL."""

from importlib import import_module

from django.db import migrations

from backend.api.append_only import AppendOnly

# A module's name can't begin with a digit in an import statement.
earlier = import_module("backend.invoices.migrations.0002_documents_never_change")


class Migration(migrations.Migration):
    """See the module's docstring."""

    dependencies = [("invoices", "0002_documents_never_change")]
    operations = [
        migrations.RunPython(earlier.drop, earlier.create),
        AppendOnly("invoices_invoice"),
        AppendOnly("invoices_invoicedmovement"),
    ]
