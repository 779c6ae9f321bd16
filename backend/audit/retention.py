"""Deletes old entries with the blocks that seal them, so that the remaining chain can be verified."""

from datetime import datetime

from django.conf import settings
from django.db import transaction

from backend.audit.actors import Actor
from backend.audit.models import AuditEntry, Block, RetentionHorizon
from backend.audit.sealing import digests_of, last_block, seal
from backend.audit.services import record

MOVED = "audit.horizon_moved"
"""The action of the entry that records why older entries are missing."""
BY = Actor.system("audit_retention")


def delete_old_entries(*, now: datetime) -> int:
    """Delete the entries older than AUDIT_RETENTION with their blocks; return how many entries.

    A block is deleted as a whole, in a transaction of its own, once its newest entry is too old. Entries are
    sealed first. The last block remains, because the next one contains its hash.
    """
    seal(now=now)
    _move_horizon(recorded_before=now - settings.AUDIT_RETENTION)
    horizon, last = RetentionHorizon.objects.first(), last_block()
    if horizon is None or last is None:
        return 0
    old = Block.objects.filter(number__lte=horizon.block, number__lt=last.number)
    return sum(_delete(number) for number in list(old.order_by("number").values_list("number", flat=True)))


def _move_horizon(*, recorded_before: datetime) -> None:
    with transaction.atomic():
        horizon = RetentionHorizon.objects.select_for_update().first()
        known = 0 if horizon is None else horizon.block
        block = (
            Block.objects.defer("digests")
            .filter(number__gt=known, newest_at__lt=recorded_before)
            .order_by("-number")
            .first()
        )
        if block is None:
            return
        moved = RetentionHorizon(
            recorded_before=recorded_before,
            block=block.number,
            block_hash=block.hash,
            highest_id=block.highest_id,
        )
        moved.save(force_insert=horizon is None, force_update=horizon is not None)
        record(
            MOVED,
            by=BY,
            subject=moved,
            changes={
                "recorded_before": (horizon and iso(horizon.recorded_before), iso(recorded_before)),
                "block": (known, block.number),
                "block_hash": (horizon and horizon.block_hash, block.hash),
                "retention_days": (None, settings.AUDIT_RETENTION.days),
            },
        )


def _delete(number: int) -> int:
    with transaction.atomic():
        block = Block.objects.get(pk=number)
        entries = AuditEntry.objects.filter(pk__in=[entry_id for entry_id, _ in digests_of(block)])
        deleted = entries._raw_delete(entries.db)
        Block.objects.filter(pk=number).delete()
    return deleted


def iso(moment: datetime) -> str:
    """Return the time with its microseconds, which the JSON of an entry would lose."""
    return moment.isoformat(timespec="microseconds")
