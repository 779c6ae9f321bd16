"""Checks that retention, and nothing else, moved the horizon."""

from datetime import timedelta

from django.conf import settings

from backend.audit.faults import Fault, FaultKind, Verification
from backend.audit.models import AuditEntry, RetentionHorizon
from backend.audit.retention import BY, MOVED, iso

CLOCK_DIFFERENCE = timedelta(hours=1)
"""The clocks of the database and of the process that runs retention may differ."""


def check_horizon(result: Verification) -> None:
    """Compare the horizon with the newest entry that records a move of it."""
    moves = AuditEntry.objects.filter(action=MOVED, object_type=RetentionHorizon._meta.label)
    horizon = RetentionHorizon.objects.first()
    move = moves.order_by("-id").first()
    if horizon is None:
        if move is not None:
            result.add([_fault(f"is missing, although entry {move.pk} records it")])
        return
    if move is None or move.system_name != BY.system_name or not _matches(horizon, move.changes):
        result.add([_fault("was moved without an entry in the log")])
        return
    days = int(move.changes["retention_days"][1])
    if horizon.recorded_before > move.recorded_at - timedelta(days=days) + CLOCK_DIFFERENCE:
        result.add([_fault(f"was moved further than the retention of {days} days of entry {move.pk} allows")])
    if days < settings.AUDIT_RETENTION.days:
        result.note(
            f"entries before {horizon.recorded_before} were deleted after a retention of {days} days, which"
            f" is shorter than AUDIT_RETENTION_DAYS={settings.AUDIT_RETENTION.days}"
        )


def _matches(horizon: RetentionHorizon, changes: dict[str, list[object]]) -> bool:
    new = {name: pair[1] for name, pair in changes.items()}
    return (
        new.get("block") == horizon.block
        and new.get("block_hash") == horizon.block_hash
        and isinstance(new.get("retention_days"), int)
        and new.get("recorded_before") == iso(horizon.recorded_before)
    )


def _fault(message: str) -> Fault:
    return Fault(FaultKind.HORIZON_CHANGED, f"the horizon {message}")
