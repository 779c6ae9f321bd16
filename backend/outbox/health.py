"""The outbox's health check: whether all subscribers are running."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from backend.outbox.errors import SubscribersNotRunning
from backend.outbox.models import Cursor

# Longer than any batch takes, because a lease is not renewed while the subscriber handles a batch.
GRACE = timedelta(minutes=1)


def check() -> Mapping[str, object]:
    """Return how many subscribers are running.

    Raises:
        SubscribersNotRunning: not all subscribers are running.
    """
    return check_at(timezone.now())


def check_at(now: datetime) -> Mapping[str, object]:
    """Return how many subscribers are running at the time `now`.

    Raises:
        SubscribersNotRunning: not all subscribers are running.
    """
    cursors = list(Cursor.objects.filter(closed_at=None).order_by("subscriber"))
    idle = [cursor for cursor in cursors if not _runs(cursor, now=now)]
    problems = [f"{cursor.subscriber} fails: {cursor.failure}" for cursor in cursors if cursor.failure]
    if idle and len(idle) == len(cursors):
        names = ", ".join(cursor.subscriber for cursor in idle)
        problems.append(f"no process runs {names}; start: manage.py relay")
    else:
        problems += [_abandoned(cursor) for cursor in idle]
    if problems:
        raise SubscribersNotRunning("; ".join(problems))
    return {"subscribers": len(cursors)}


def _runs(cursor: Cursor, *, now: datetime) -> bool:
    return bool(cursor.lease_owner) and cursor.lease_until is not None and cursor.lease_until >= now - GRACE


def _abandoned(cursor: Cursor) -> str:
    hours = settings.OUTBOX_ABANDONED_AFTER / timedelta(hours=1)
    remedy = cursor.remedy or f"run: manage.py outbox --close {cursor.subscriber}"
    return (
        f"a relay runs, but no process runs {cursor.subscriber}, which was probably killed; {remedy}"
        f" (the relay closes the cursor of an unknown subscriber after {hours:g} hours without a process)"
    )
