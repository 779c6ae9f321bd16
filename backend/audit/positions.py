"""The order of entries: ids of transactions on PostgreSQL, ids of entries on SQLite.

As in the outbox (backend/outbox/selectors.py), only entries of transactions that are older than all running
ones are settled: no entry can appear before them.
"""

from dataclasses import dataclass

from django.db import connection
from django.db.models import Q, QuerySet

from backend.api.transactions import OldestRunning
from backend.audit.models import AuditEntry, Block


@dataclass(frozen=True, slots=True)
class Position:
    """Where the next block begins: after the entry (xid, entry_id), with ids from `first_possible_id`."""

    xid: int
    entry_id: int
    first_possible_id: int

    def precedes(self, *, xid: int, entry_id: int) -> bool:
        """Return whether the entry comes after this position."""
        return entry_id >= self.first_possible_id and (xid, entry_id) > (self.xid, self.entry_id)


BEGINNING = Position(xid=-1, entry_id=0, first_possible_id=0)


def position_after(block: Block | None) -> Position:
    """Return the position after the block, or the beginning."""
    if block is None:
        return BEGINNING
    return Position(xid=block.last_xid, entry_id=block.last_id, first_possible_id=block.first_possible_id)


def entries_after(position: Position) -> QuerySet[AuditEntry]:
    """Return the entries after the position, in commit order."""
    # In this form, PostgreSQL starts its scan of the index on (xid, id) at the position.
    later = Q(xid__gt=position.xid) | Q(id__gt=position.entry_id)
    return AuditEntry.objects.filter(
        later, xid__gte=position.xid, id__gte=position.first_possible_id
    ).order_by("xid", "id")


def settled(entries: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
    """Return those of `entries` before which no new entry can appear."""
    return entries.filter(xid__lt=OldestRunning()) if connection.vendor == "postgresql" else entries


def next_xid() -> int:
    """Return the lowest transaction id that this database server has not assigned yet."""
    if connection.vendor != "postgresql":
        return 1
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        (number,) = cursor.fetchone()
    return int(number)
