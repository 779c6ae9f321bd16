"""The health check of webhooks: whether events are sent."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils import timezone

from backend.webhooks.errors import WebhooksStuck
from backend.webhooks.models import (
    UNFINISHED,
    EndpointState,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEndpoint,
)

STUCK_AFTER = timedelta(minutes=15)


def check() -> Mapping[str, object]:
    """Return how many deliveries are waiting, and how many endpoints are failing and stopped.

    Raises:
        WebhooksStuck: deliveries to an endpoint that responds have waited for long.
    """
    return check_at(timezone.now())


def check_at(now: datetime) -> Mapping[str, object]:
    """Return the same as `check`, at the time `now`; raises WebhooksStuck."""
    stuck = WebhookDelivery.objects.filter(
        Q(endpoint__not_before=None) | Q(endpoint__not_before__lt=now - STUCK_AFTER),
        Q(endpoint__last_claimed_at=None) | Q(endpoint__last_claimed_at__lt=now - STUCK_AFTER),
        Q(endpoint__seller=None) | Q(endpoint__seller__is_active=True),
        state=WebhookDeliveryState.PENDING,
        due_at__lt=now - STUCK_AFTER,
        endpoint__state=EndpointState.ACTIVE,
    )
    if (oldest := stuck.order_by("due_at").first()) is not None:
        minutes = int((now - oldest.due_at) / timedelta(minutes=1))
        raise WebhooksStuck(f"webhooks are due, the oldest for {minutes} minutes, and no worker sends them")
    endpoints = WebhookEndpoint.objects.aggregate(
        failing_endpoints=Count("pk", filter=Q(state=EndpointState.ACTIVE, failures__gt=0)),
        paused_endpoints=Count("pk", filter=Q(state=EndpointState.PAUSED)),
        gone_endpoints=Count("pk", filter=Q(state=EndpointState.GONE)),
    )
    waiting = WebhookDelivery.objects.filter(state__in=UNFINISHED).count()
    return {"waiting": waiting, **endpoints}
