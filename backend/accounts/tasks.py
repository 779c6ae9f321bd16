"""Periodic tasks on login sessions."""

from celery import shared_task
from django.utils import timezone

from backend.accounts import services


@shared_task
def forget_expired_sessions() -> int:
    """Delete the sessions that can't be renewed any more; return how many."""
    return services.forget_expired_sessions(now=timezone.now())
