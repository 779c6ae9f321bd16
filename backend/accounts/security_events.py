"""Changes to the security of accounts and logins from new devices, of which their owners are notified."""

from datetime import datetime, timedelta

from backend.accounts.devices import Device, device_name
from backend.accounts.models import SecurityEvent, SecurityEventKind, User
from backend.outbox.services import publish
from backend.outbox.topics import Topic

KEPT_FOR = timedelta(days=90)
LOGIN_NOTICES = 3
LOGIN_NOTICES_WITHIN = timedelta(days=1)
"""A user gets at most LOGIN_NOTICES within this time, however often an attacker logs in."""


def publish_security_event(user_id: int, *, kind: SecurityEventKind, detail: str = "", now: datetime) -> None:
    """Let the owner be notified of a change, once the caller's transaction is committed.

    A change of the e-mail address is published before it is made: the notice goes to the former one.
    """
    verified = User.objects.filter(pk=user_id, email_verified_at__isnull=False)
    event = SecurityEvent.objects.create(
        user_id=user_id,
        kind=kind,
        detail=detail,
        email=verified.values_list("email", flat=True).first() or "",
        happened_at=now,
    )
    publish(Topic.SECURITY_EVENT, event.pk)


def publish_new_device(user: User, *, device: Device, now: datetime) -> None:
    """Let the owner be notified of a login from a device that the account is not known to use.

    The caller's transaction has locked the user, so that parallel logins don't exceed the limit.
    """
    kind = SecurityEventKind.NEW_DEVICE
    recent = SecurityEvent.objects.filter(user=user, kind=kind, happened_at__gt=now - LOGIN_NOTICES_WITHIN)
    if recent.count() < LOGIN_NOTICES:
        detail = ", ".join(filter(None, (device_name(device.user_agent), device.address)))
        publish_security_event(user.pk, kind=kind, detail=detail, now=now)


def forget_security_events(*, now: datetime) -> int:
    """Delete events that are older than KEPT_FOR; return how many."""
    return SecurityEvent.objects.filter(happened_at__lt=now - KEPT_FOR).delete()[0]
