"""Periodic tasks of the dashboard."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backend.dashboard.mail_contents import content_for
from backend.dashboard.mailing import delete_old, mail_due


@shared_task
def mail_due_reports() -> int:
    """Make the reports that are due, and queue those whose figures can be read; return how many."""
    return mail_due(clock=timezone.now, content_for=content_for)


@shared_task
def delete_old_reports() -> int:
    """Delete mailed reports after DELIVERY_RETENTION; return how many."""
    return delete_old(older_than=settings.DELIVERY_RETENTION, now=timezone.now())
