"""Helpers for tests of the sealed audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from backend.audit.actors import Actor
from backend.audit.models import AuditEntry
from backend.audit.sealing import last_block, seal
from backend.audit.services import record
from backend.audit.verification import verify
from tests.services.tables import without_triggers
from tests.services.waiting import wait_until

TABLES = ("audit_auditentry", "audit_block", "audit_retentionhorizon")


def write(*names: str, age: timedelta | None = None) -> None:
    """Record an entry for each name, each in its own transaction; `age` is how long ago."""
    for name in names:
        with transaction.atomic():
            if age is None:
                record("audit.tested", by=Actor.user(7), subject=("x", name), changes={"n": (None, 1.5)})
            else:
                AuditEntry.objects.create(
                    user_id=7,
                    action="audit.tested",
                    object_type="x",
                    object_id=name,
                    recorded_at=timezone.now() - age,
                )


def seal_all(*, now: datetime | None = None) -> str:
    """Seal every entry, and return the head.

    On PostgreSQL, this waits until the transactions of other tests on the same server have ended.
    """

    def is_sealed() -> bool:
        seal(now=now or timezone.now())
        return verify().unsealed == 0

    wait_until(is_sealed)
    return str(last_block())


@contextmanager
def superuser() -> Iterator[None]:
    """Run the block as an attacker who can disable the triggers."""
    with transaction.atomic(), connection.cursor() as cursor, without_triggers(cursor, TABLES):
        yield
