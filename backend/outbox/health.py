"""Are all subscribers running?"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from backend.outbox.errors import SubscribersNotRunning
from backend.outbox.models import Cursor

# Longer than any batch takes: a lease is not renewed while its holder works.
GRACE = timedelta(minutes=1)


def check() -> Mapping[str, object]:
    """Return how many subscribers are running.

    Raises:
        SubscribersNotRunning: not all of them are.
    """
    return check_at(timezone.now())


def check_at(now: datetime) -> Mapping[str, object]:
    """Return how many subscribers are running at the time `now`.

    Raises:
        SubscribersNotRunning: not all of them are.
    """
    cursors = list(Cursor.objects.order_by("subscriber"))
    problems = [f"{cursor.subscriber} fails: {cursor.failure}" for cursor in cursors if cursor.failure]
    problems += [
        f"no process runs {cursor.subscriber}"
        for cursor in cursors
        if cursor.lease_until is None or cursor.lease_until < now - GRACE
    ]
    if problems:
        raise SubscribersNotRunning("; ".join(problems))
    return {"subscribers": len(cursors)}
