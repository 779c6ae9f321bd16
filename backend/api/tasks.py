"""Periodic tasks for idempotency keys."""

from celery import shared_task
from django.utils import timezone

from backend.api.idempotency import forget_old_keys


@shared_task
def forget_idempotency_keys() -> int:
    """Delete the keys that are older than a day; return how many."""
    return forget_old_keys(now=timezone.now())
