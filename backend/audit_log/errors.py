"""Errors of the endpoints of the audit log."""

from backend.api.errors import NotFound


class UnresolvedAction(Exception):
    """The source does not show the action that a call records."""


class AuditEntryNotFound(NotFound):
    """There is no such entry in the audit log; old ones are deleted."""

    code = "audit_entry_not_found"
    message = "There is no such entry."
    details_keys = {"entry": "The entry's id."}
    hint = "List the entries with `audit_entries_list`."
