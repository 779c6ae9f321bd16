"""What the audit log says about a user."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.audit.models import AuditEntry

PERSONAL_DATA = PersonalTables(
    "audit",
    [
        PersonalRows(
            section="activity",
            model=AuditEntry,
            owner=owned_by("user_id"),
            exported=["recorded_at", "action", "object_type", "object_id", "changes"],
            withheld=["id", "user_id", "system_name", "request_id"],
            emptied={},
            kept=["system_name", "action", "object_type", "object_id", "changes", "request_id"],
        )
    ],
)
