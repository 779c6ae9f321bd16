"""Whether what changes is carried on."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.utils import timezone

from backend.outbox.models import Cursor

# Longer than any batch takes: a lease is not renewed while its holder works.
GRACE = timedelta(minutes=1)


class NotCarriedOn(Exception):
    """Some subscribers fail, or no process works for them; says which and why."""


def check() -> Mapping[str, object]:
    """Return how many subscribers are worked for.

    Raises:
        NotCarriedOn: not all of them.
    """
    return attended(now=timezone.now())


def attended(*, now: datetime) -> Mapping[str, object]:
    """Return how many subscribers are worked for at the time `now`.

    Raises:
        NotCarriedOn: not all of them.
    """
    cursors = list(Cursor.objects.order_by("subscriber"))
    problems = [f"{cursor.subscriber} fails: {cursor.failure}" for cursor in cursors if cursor.failure]
    problems += [
        f"no process works for {cursor.subscriber}"
        for cursor in cursors
        if cursor.lease_until is None or cursor.lease_until < now - GRACE
    ]
    if problems:
        raise NotCarriedOn("; ".join(problems))
    return {"subscribers": len(cursors)}
