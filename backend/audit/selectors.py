"""Reads the audit log."""

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from django.db.models import QuerySet

from backend.audit.models import AuditEntry, Block
from backend.audit.positions import entries_after, position_after
from backend.audit.sealing import last_block

ENTRIES_AT_ONCE = 1_000
CLOCK_STEP = timedelta(days=1)
"""How much a clock can be set back: ids and times have the same order except for such steps."""
VERIFIED = "audit.verified"
"""The action of the entry that records the result of a verification."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilters:
    """Which entries to read: those that match every field that is not None.

    An `action` that ends with a point is a prefix: `accounts.`. `before` is an id.
    """

    user: int | None = None
    system: str | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    request_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: int | None = None

    def given(self) -> dict[str, object]:
        """Return the fields that are not None."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in values.items() if value is not None}


def entries_matching(filters: EntryFilters) -> QuerySet[AuditEntry]:
    """Return the entries, newest first."""
    equal = {
        "user_id": filters.user,
        "system_name": filters.system,
        "object_type": filters.object_type,
        "object_id": filters.object_id,
        "request_id": filters.request_id,
        "id__lt": filters.before,
        "recorded_at__gte": filters.since,
        "recorded_at__lt": filters.until,
        **_action_condition(filters.action),
        **_id_bounds(since=filters.since, until=filters.until),
    }
    conditions = {name: value for name, value in equal.items() if value is not None}
    return AuditEntry.objects.filter(**conditions).order_by("-id")


def _action_condition(action: str | None) -> dict[str, str | None]:
    return {"action__startswith" if action and action.endswith(".") else "action": action}


def _id_bounds(*, since: datetime | None, until: datetime | None) -> dict[str, int | None]:
    """Return conditions on ids that follow from the times.

    A scan in the order of ids can't use the index on times; without these, it would read all newer entries.
    """
    by_time = AuditEntry.objects.order_by("recorded_at").values_list("id", flat=True)
    return {
        "id__gte": None if since is None else by_time.filter(recorded_at__gte=since - CLOCK_STEP).first(),
        "id__lte": None if until is None else by_time.filter(recorded_at__gte=until + CLOCK_STEP).first(),
    }


def batches_matching(filters: EntryFilters, *, limit: int | None = None) -> Iterator[list[AuditEntry]]:
    """Yield up to `limit` entries, newest first, in batches, so that they needn't fit into memory."""
    remaining = limit
    before = filters.before
    while remaining is None or remaining > 0:
        rows = entries_matching(filters)
        if before is not None:
            rows = rows.filter(id__lt=before)
        size = ENTRIES_AT_ONCE if remaining is None else min(ENTRIES_AT_ONCE, remaining)
        batch = list(rows[:size])
        if not batch:
            return
        yield batch
        before = batch[-1].pk
        remaining = None if remaining is None else remaining - len(batch)


def is_sealed(entry: AuditEntry, *, last: Block | None) -> bool:
    """Return whether a block up to `last` seals the entry."""
    return last is not None and not position_after(last).precedes(xid=entry.xid, entry_id=entry.pk)


@dataclass(frozen=True, slots=True)
class ChainState:
    """The last block, the oldest entry that is not sealed yet, and the result of the last verification."""

    head: str
    blocks: int
    sealed_at: datetime | None
    unsealed_since: datetime | None
    verified_at: datetime | None
    faults: int | None


def chain_state() -> ChainState:
    """Return the state of the chain, without verifying it."""
    last = last_block()
    unsealed = entries_after(position_after(last)).values_list("recorded_at", flat=True).first()
    verified = AuditEntry.objects.filter(action=VERIFIED).order_by("-id").first()
    return ChainState(
        head="" if last is None else str(last),
        blocks=0 if last is None else last.number,
        sealed_at=None if last is None else last.sealed_at,
        unsealed_since=unsealed,
        verified_at=None if verified is None else verified.recorded_at,
        faults=None if verified is None else int(verified.changes["faults"][1]),
    )
