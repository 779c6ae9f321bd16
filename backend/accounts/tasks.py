"""Periodic tasks for login sessions."""

from celery import shared_task
from django.utils import timezone

from backend.accounts import sessions


@shared_task
def forget_expired_sessions() -> int:
    """Delete sessions that can no longer be renewed; return how many."""
    return sessions.forget_expired_sessions(now=timezone.now())
