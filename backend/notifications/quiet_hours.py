"""Quiet hours: messages that aren't urgent wait until they end."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction

from backend.notifications.models import (
    Delivery,
    DeliveryState,
    NotificationKind,
    QuietHours,
)

URGENT_KINDS = (
    NotificationKind.ONE_TIME_PASSWORD,
    NotificationKind.EMAIL_VERIFICATION,
    NotificationKind.SECURITY_NOTICE,
)
SILENT_CHANNELS = ("inbox",)
"""The channels without quiet hours, because their messages make no sound."""
REASON = "It is the recipient's quiet hours."


def quiet_until(delivery: Delivery, *, now: datetime) -> datetime | None:
    """Return when the quiet hours end for which the delivery has to wait, or None if it can be sent."""
    if delivery.kind in URGENT_KINDS or delivery.channel in SILENT_CHANNELS:
        return None
    hours = QuietHours.objects.filter(user=delivery.recipient_id).first()
    return None if hours is None else end_of(hours, now=now)


def end_of(hours: QuietHours, *, now: datetime) -> datetime | None:
    """Return when the hours end in which `now` is, or None outside of them."""
    zone = ZoneInfo(hours.time_zone)
    local = now.astimezone(zone)
    at = local.time()
    if hours.starts < hours.ends:
        is_quiet = hours.starts <= at < hours.ends
    else:
        is_quiet = at >= hours.starts or at < hours.ends
    if not is_quiet:
        return None
    day = local.date() if at < hours.ends else local.date() + timedelta(days=1)
    return _moment(day, hours.ends, zone=zone, after=now)


def _moment(day: date, at: time, *, zone: ZoneInfo, after: datetime) -> datetime:
    """Return the moment; of two with this time, when clocks are set back, the first one after `after`."""
    first = datetime.combine(day, at, tzinfo=zone)
    return (first if first > after else first.replace(fold=1)).astimezone(UTC)


def set_quiet_hours(user_id: int, *, starts: time, ends: time, time_zone: str, now: datetime) -> QuietHours:
    """Store the user's quiet hours, and let the deliveries that wait for the former ones be sent."""
    with transaction.atomic():
        hours, _ = QuietHours.objects.update_or_create(
            user_id=user_id, defaults={"starts": starts, "ends": ends, "time_zone": time_zone}
        )
        _release(user_id, now=now)
    return hours


def remove_quiet_hours(user_id: int, *, now: datetime) -> None:
    """Delete the user's quiet hours, and let the deliveries that wait for them be sent."""
    with transaction.atomic():
        QuietHours.objects.filter(user=user_id).delete()
        _release(user_id, now=now)


def _release(user_id: int, *, now: datetime) -> None:
    waiting = Delivery.objects.filter(recipient=user_id, state=DeliveryState.PENDING, reason=REASON)
    waiting.update(due_at=now, queued_at=now, reason="")
