"""Reads of the audit log, which are themselves recorded in it."""

from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.audit.selectors import EntryFilters, entries_matching
from backend.audit.services import record
from backend.audit_log.errors import AuditEntryNotFound

LOG = ("audit.AuditEntry", "")


def read_entries(filters: EntryFilters, *, page_size: int, by: Actor) -> tuple[list[AuditEntry], int | None]:
    """Return a page of entries, and the id before which the next page begins, if there is one."""
    _record_read("audit.entries_read", filters, by=by)
    found = list(entries_matching(filters)[: page_size + 1])
    page = found[:page_size]
    return page, page[-1].pk if len(found) > page_size else None


def read_entry(entry_id: int, *, by: Actor) -> AuditEntry:
    """Return the entry.

    Raises:
        AuditEntryNotFound: there is no such entry.
    """
    entry = AuditEntry.objects.filter(pk=entry_id).first()
    if entry is None:
        raise AuditEntryNotFound(entry=entry_id)
    with transaction.atomic():
        record("audit.entry_read", by=by, subject=entry)
    return entry


def begin_export(filters: EntryFilters, *, limit: int | None, by: Actor) -> int | None:
    """Record that up to `limit` entries are exported; return the id before which the next export begins."""
    _record_read("audit.entries_exported", filters, by=by)
    if limit is None:
        return None
    ids = list(entries_matching(filters).values_list("id", flat=True)[limit - 1 : limit + 1])
    return ids[0] if len(ids) > 1 else None


def _record_read(action: str, filters: EntryFilters, *, by: Actor) -> None:
    given = {name: (None, value) for name, value in filters.given().items()}
    with transaction.atomic():
        record(action, by=by, subject=LOG, changes=given)
