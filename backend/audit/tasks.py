"""Periodic tasks for the audit log."""

from celery import shared_task
from django.utils import timezone

from backend.audit.retention import delete_old_entries
from backend.audit.sealing import seal
from backend.audit.verification import verify_and_record


@shared_task
def delete_old_audit_entries() -> int:
    """Delete the entries that are older than the retention period; return how many."""
    return delete_old_entries(now=timezone.now())


@shared_task
def seal_audit_entries() -> int:
    """Seal the entries that were committed since the last run; return how many."""
    return seal(now=timezone.now())


@shared_task
def verify_audit_log() -> bool:
    """Verify the log, and record the result in it; return whether it is intact."""
    return verify_and_record().is_intact
