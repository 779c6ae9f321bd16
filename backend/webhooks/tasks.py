"""Periodic tasks for webhooks."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backend.webhooks.retention import delete_old
from backend.webhooks.workers import start_due


@shared_task
def send_due_webhooks() -> bool:
    """Start sending the deliveries that are due, in threads of the worker; return whether any were."""
    return start_due()


@shared_task
def delete_old_webhooks() -> int:
    """Delete events and their deliveries after WEBHOOK_RETENTION; return how many events."""
    return delete_old(older_than=settings.WEBHOOK_RETENTION, now=timezone.now())
