"""Changes to the security of accounts, of which their owners are notified."""

from datetime import datetime, timedelta

from backend.accounts.models import SecurityEvent, SecurityEventKind
from backend.outbox.services import publish
from backend.outbox.topics import Topic

KEPT_FOR = timedelta(days=90)


def publish_security_event(user_id: int, *, kind: SecurityEventKind, detail: str = "", now: datetime) -> None:
    """Let the owner be notified of a change, once the caller's transaction is committed."""
    event = SecurityEvent.objects.create(user_id=user_id, kind=kind, detail=detail, happened_at=now)
    publish(Topic.SECURITY_EVENT, event.pk)


def forget_security_events(*, now: datetime) -> int:
    """Delete events that are older than KEPT_FOR; return how many."""
    return SecurityEvent.objects.filter(happened_at__lt=now - KEPT_FOR).delete()[0]
