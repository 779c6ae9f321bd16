"""The health check of notifications: whether messages are sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from backend.notifications.checks import can_send_codes
from backend.notifications.errors import DeliveriesStuck
from backend.notifications.models import UNFINISHED_STATES, Delivery, DeliveryState

NO_CODES = "Codes that reset forgotten passwords are not sent: set SMS_URL or EMAIL_HOST."
STUCK_AFTER = timedelta(minutes=15)


def check() -> Mapping[str, object]:
    """Return how many deliveries are waiting, failed and possibly sent.

    Raises:
        DeliveriesStuck: a delivery has waited for long, although no server has refused it.
    """
    return check_at(timezone.now())


def check_at(now: datetime) -> Mapping[str, object]:
    """Return the same as `check`, at the time `now`; raises DeliveriesStuck."""
    stuck = Delivery.objects.filter(
        state__in=UNFINISHED_STATES, attempts=0, queued_at__lt=now - STUCK_AFTER
    ).order_by("queued_at")
    if (oldest := stuck.first()) is not None:
        minutes = int((now - oldest.queued_at) / timedelta(minutes=1))
        why = oldest.reason or "no worker has tried to send it"
        raise DeliveriesStuck(f"{stuck.count()} messages wait, the oldest for {minutes} minutes: {why}")
    # The same condition as that of the index.
    rows = Delivery.objects.exclude(state__in=[DeliveryState.SENT, DeliveryState.SKIPPED])
    counts = dict(
        rows.aggregate(
            waiting=Count("pk", filter=Q(state__in=UNFINISHED_STATES)),
            failed=Count("pk", filter=Q(state=DeliveryState.FAILED)),
            possibly_sent=Count("pk", filter=Q(state=DeliveryState.POSSIBLY_SENT)),
        )
    )
    return counts if can_send_codes() else {**counts, "hint": NO_CODES}
