"""Which kinds and channels the shop has switched off."""

from django.conf import settings

from backend.notifications.models import NotificationKind


def is_on(kind: NotificationKind, *, channel: str) -> bool:
    """Return whether NOTIFICATIONS_OFF has neither the kind, nor the channel, nor `kind:channel`.

    A fact that arrives while its kind is off is never told.
    """
    off = settings.NOTIFICATIONS_OFF
    return kind.value not in off and channel not in off and f"{kind.value}:{channel}" not in off
