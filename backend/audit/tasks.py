"""Periodic tasks for the audit log."""

from celery import shared_task
from django.utils import timezone

from backend.audit.services import delete_old_entries


@shared_task
def delete_old_audit_entries() -> int:
    """Delete the entries that are older than the retention period; return how many."""
    return delete_old_entries(now=timezone.now())
