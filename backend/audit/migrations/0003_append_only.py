"""Refuse changes of entries, blocks and the horizon, in the database; allow the deletion of what is too old."""

from django.db import migrations

from backend.api.append_only import AppendOnly

TOO_OLD = """
    OLD.recorded_at < (SELECT recorded_before FROM audit_retentionhorizon)
    AND OLD.id <= (SELECT highest_id FROM audit_retentionhorizon)
"""
FORWARD = """
    NEW.id = OLD.id AND NEW.recorded_before >= OLD.recorded_before
    AND NEW.block > OLD.block AND NEW.highest_id >= OLD.highest_id
"""


class Migration(migrations.Migration):
    """See the module's docstring."""

    dependencies = [("audit", "0002_blocks_and_personal_values")]
    operations = [
        AppendOnly("audit_auditentry", deletable=TOO_OLD),
        AppendOnly(
            "audit_block",
            key="number",
            deletable="OLD.number <= (SELECT block FROM audit_retentionhorizon)",
        ),
        AppendOnly("audit_retentionhorizon", updatable=FORWARD),
    ]
