"""Periodic tasks for invoices."""

from celery import shared_task
from django.utils import timezone

from backend.invoices.retention import empty_buyers


@shared_task
def empty_old_invoices() -> int:
    """Empty the buyers of documents that no longer have to be kept; return how many documents."""
    return empty_buyers(now=timezone.now())
