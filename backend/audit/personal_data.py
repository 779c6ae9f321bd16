"""What the audit log says about a user."""

from datetime import datetime

from backend.api.personal_data import PersonalRows, PersonalTables, owned_by
from backend.audit.models import AuditEntry, PersonalKey
from backend.audit.services import delete_personal_key


class AuditData(PersonalTables):
    """The entries, which stay, and the key of the personal values in them."""

    def erase(self, user_id: int, *, now: datetime) -> dict[str, int]:
        """Delete the key; without it, the hashes of personal values say nothing."""
        delete_personal_key(user_id)
        return {}


PERSONAL_DATA = AuditData(
    "audit",
    [
        PersonalRows(
            section="activity",
            model=AuditEntry,
            owner=owned_by("user_id", "owner_id"),
            exported=["recorded_at", "action", "object_type", "object_id", "changes"],
            withheld=["id", "xid", "user_id", "owner_id", "system_name", "personal", "request_id"],
            emptied={},
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
