"""Makes the reports that are due and hands them to notifications (docs/decisions/report-mail.md)."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, Protocol

import structlog
from django.db import transaction

from backend.api.errors import translated
from backend.dashboard.errors import NotMailed
from backend.dashboard.models import MailState, ReportMail, Schedule
from backend.dashboard.schedules import latest_day, next_time
from backend.outbox.services import publish
from backend.outbox.topics import Topic

logger = structlog.get_logger(__name__)

BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 180))
"""The pauses after failed attempts to read the figures; after the last one the report is given up."""
MAX_ATTEMPTS = len(BACKOFF) + 1
LEASE = timedelta(minutes=30)
"""How long a process may need for the panels of a report; after this time another one tries."""
RUN_LASTS = timedelta(seconds=50)
LONGEST_REASON = 300
Clock = Callable[[], datetime]
Content = Mapping[str, Any]


class ReadsContent(Protocol):
    """Reads what a report shows."""

    def __call__(self, mail: ReportMail, /, *, is_last: bool) -> Content:
        """Return the content, which must be JSON; `is_last` says that there is no other attempt.

        Raises:
            NotMailed: the owner may not or doesn't want to get it.

        Any other error means that it may be possible later.
        """


def mail_due(*, clock: Clock, content_for: ReadsContent) -> int:
    """Make the reports that are due and queue those whose figures can be read; return how many were queued.

    Any number of processes may call it at once, and each may be killed at any time.
    """
    started, queued = clock(), 0
    for schedule_id in list(Schedule.objects.filter(next_at__lte=started).values_list("pk", flat=True)):
        _open(schedule_id, now=started)
    while (now := clock()) < started + RUN_LASTS and (mail := _claimed(now)) is not None:
        queued += _try(mail, content_for=content_for, clock=clock)
    return queued


def _open(schedule_id: int, *, now: datetime) -> None:
    """Make the report of a schedule, and advance the schedule, in one transaction."""
    with transaction.atomic():
        due = Schedule.objects.select_for_update().filter(pk=schedule_id, next_at__lte=now)
        schedule = due.first()
        if schedule is None:
            return
        ReportMail.objects.get_or_create(
            view_id=schedule.view_id,
            day=latest_day(schedule, now=now),
            defaults={"created_at": now, "try_at": now},
        )
        schedule.next_at = next_time(
            schedule.frequency, weekday=schedule.weekday, hour=schedule.hour, after=now
        )
        schedule.save(update_fields=["next_at"])


def _claimed(now: datetime) -> ReportMail | None:
    """Return a report that waits, which no other process tries until the lease ends; None if none is due."""
    due = ReportMail.objects.filter(state=MailState.WAITING, try_at__lte=now)
    while (
        mail := due.select_related("view__user", "view__schedule").order_by("try_at", "pk").first()
    ) is not None:
        # Counted before it is tried, because the process may be killed by what it reads.
        until, attempts = now + LEASE, mail.attempts + 1
        if due.filter(pk=mail.pk, try_at=mail.try_at).update(try_at=until, attempts=attempts):
            mail.try_at, mail.attempts = until, attempts
            return mail
    return None


def _try(mail: ReportMail, *, content_for: ReadsContent, clock: Clock) -> bool:
    """Queue the report, or record why not; return whether it was queued."""
    if mail.attempts > MAX_ATTEMPTS:
        return _move(mail, state=MailState.FAILED, reason=mail.reason or "Each process that made it ended.")
    try:
        content = content_for(mail, is_last=mail.attempts == MAX_ATTEMPTS)
    except NotMailed as error:
        return _move(mail, state=MailState.SKIPPED, reason=str(error))
    except Exception as error:
        logger.warning("report_not_read", mail=mail.pk, attempts=mail.attempts, exc_info=error)
        return _postpone(mail, reason=_reason(error), now=clock())
    with transaction.atomic():
        # Nothing is published if the lease has ended and another process has the report.
        if not _move(mail, state=MailState.QUEUED, reason="", content=json.dumps(content)):
            return False
        publish(Topic.REPORT_MAIL, mail.pk)
    return True


def _move(mail: ReportMail, *, state: MailState, reason: str, **values: object) -> bool:
    """Change a claimed report, and return whether it is QUEUED by this."""
    claimed = ReportMail.objects.filter(pk=mail.pk, state=MailState.WAITING, try_at=mail.try_at)
    changed = claimed.update(state=state, reason=reason[:LONGEST_REASON], **values)
    return bool(changed) and state == MailState.QUEUED


def _postpone(mail: ReportMail, *, reason: str, now: datetime) -> bool:
    if mail.attempts == MAX_ATTEMPTS:
        return _move(mail, state=MailState.FAILED, reason=reason)
    try_at = now + BACKOFF[mail.attempts - 1]
    return _move(mail, state=MailState.WAITING, reason=reason, try_at=try_at)


def _reason(error: Exception) -> str:
    found = translated(error)
    return str(getattr(found, "message", "")) or "An error, which the log has."


def delete_old(*, older_than: timedelta, now: datetime) -> int:
    """Delete the reports that are older and don't wait; return how many."""
    old = ReportMail.objects.filter(created_at__lt=now - older_than).exclude(state=MailState.WAITING)
    return old.delete()[0]
