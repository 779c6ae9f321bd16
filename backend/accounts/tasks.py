"""Periodic tasks for login sessions and one-time passwords."""

from celery import shared_task
from django.utils import timezone

from backend.accounts import one_time_passwords, sessions


@shared_task
def forget_expired_sessions() -> int:
    """Delete expired sessions; return how many."""
    return sessions.forget_expired_sessions(now=timezone.now())


@shared_task
def forget_one_time_passwords() -> int:
    """Delete old one-time passwords; return how many."""
    return one_time_passwords.forget_one_time_passwords(now=timezone.now())
