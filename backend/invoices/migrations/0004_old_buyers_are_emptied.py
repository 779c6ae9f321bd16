"""Let the buyer of a document be emptied a year or more after the document was issued, and nothing else."""

from django.db import migrations

from backend.api.append_only import AppendOnly

TABLE = "invoices_invoice"
COLUMNS = (
    "id",
    "number",
    "series_id",
    "number_in_series",
    "kind",
    "order_id",
    "invoice_id",
    "currency",
    "net_amount",
    "tax_amount",
    "total_amount",
    "issued_on",
    "issued_at",
)
NO_BUYER = '{"name": "", "company": "", "address": [], "vat_number": "", "email": ""}'
POSTGRESQL = f"""
    {" AND ".join(f"NEW.{column} IS NOT DISTINCT FROM OLD.{column}" for column in COLUMNS)}
    AND NEW.content - 'buyer' - 'ship_to' = OLD.content - 'buyer' - 'ship_to'
    AND NEW.content->'buyer' = '{NO_BUYER}'::jsonb AND NEW.content->'ship_to' = '[]'::jsonb
    AND OLD.issued_on < CURRENT_DATE - 364
"""
SQLITE = f"""
    {" AND ".join(f"NEW.{column} IS OLD.{column}" for column in COLUMNS)}
    AND json_remove(NEW.content, '$.buyer', '$.ship_to') = json_remove(OLD.content, '$.buyer', '$.ship_to')
    AND json_extract(NEW.content, '$.buyer') = json('{NO_BUYER}')
    AND json_extract(NEW.content, '$.ship_to') = json('[]')
    AND OLD.issued_on < date('now', '-364 days')
"""


class ByDatabase(AppendOnly):
    """The operation with the condition for each database, because their functions for JSON differ."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        """Create the triggers."""
        self.updatable = POSTGRESQL if schema_editor.connection.vendor == "postgresql" else SQLITE
        super().database_forwards(app_label, schema_editor, from_state, to_state)


def drop(apps, schema_editor):
    """Drop the triggers that allow no change."""
    AppendOnly(TABLE).database_backwards("invoices", schema_editor, None, None)


def create(apps, schema_editor):
    """Create the triggers that allow no change."""
    AppendOnly(TABLE).database_forwards("invoices", schema_editor, None, None)


class Migration(migrations.Migration):
    """See the module's docstring."""

    dependencies = [("invoices", "0003_documents_are_never_deleted")]
    operations = [migrations.RunPython(drop, create), ByDatabase(TABLE)]
