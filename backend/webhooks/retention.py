"""Deletes old events, with their deliveries and attempts."""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from backend.webhooks.models import UNFINISHED, WebhookDelivery, WebhookEvent

DELETED_AT_ONCE = 2_000


def delete_old(*, older_than: timedelta, now: datetime) -> int:
    """Delete events whose deliveries are finished, and were not replayed since, in small transactions.

    Return how many events were deleted.
    """
    needed = WebhookDelivery.objects.filter(
        Q(state__in=UNFINISHED) | Q(queued_at__gte=now - older_than), event=OuterRef("pk")
    )
    old = WebhookEvent.objects.filter(~Exists(needed), created_at__lt=now - older_than)
    deleted = 0
    while ids := list(old.order_by("created_at").values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        WebhookEvent.objects.filter(pk__in=ids).delete()
        deleted += len(ids)
    return deleted
