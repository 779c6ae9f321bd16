"""What the audit log says about a user."""

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.audit.models import AuditEntry, PersonalKey

PERSONAL_DATA = PersonalTables(
    "audit",
    [
        PersonalRows(
            section="activity",
            model=AuditEntry,
            owner=owned_by("user_id", "owner_id"),
            exported=["recorded_at", "action", "object_type", "object_id", "changes"],
            withheld=["id", "xid", "user_id", "owner_id", "system_name", "personal", "request_id"],
            emptied={},
            # Without the key, the hashes of personal values say nothing.
            kept=["system_name", "action", "object_type", "object_id", "changes", "personal", "request_id"],
        ),
        PersonalRows(
            section="audit_key",
            model=PersonalKey,
            owner=owned_by("user_id"),
            exported=["created_at"],
            withheld=["user_id", "key"],
        ),
    ],
)
