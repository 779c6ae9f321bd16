"""Periodic tasks for the outbox."""

from celery import shared_task
from django.utils import timezone

from backend.outbox.services import prune


@shared_task
def prune_messages() -> int:
    """Delete old messages that every subscriber has handled; return how many."""
    return prune(now=timezone.now())
