"""Changes to the security of accounts, of which their owners are notified."""

from datetime import datetime, timedelta

from backend.accounts.models import SecurityEvent, SecurityEventKind, User
from backend.outbox.services import publish
from backend.outbox.topics import Topic

KEPT_FOR = timedelta(days=90)


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


def forget_security_events(*, now: datetime) -> int:
    """Delete events that are older than KEPT_FOR; return how many."""
    return SecurityEvent.objects.filter(happened_at__lt=now - KEPT_FOR).delete()[0]
