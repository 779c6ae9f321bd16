"""Periodic tasks that delete expired rows."""

from celery import shared_task
from django.utils import timezone

from backend.accounts import (
    email_addresses,
    guessing,
    known_devices,
    one_time_passwords,
    security_events,
    sessions,
)
from backend.accounts.second_factor import challenges, enrolment


@shared_task
def forget_expired_sessions() -> int:
    """Delete expired sessions; return how many."""
    return sessions.forget_expired_sessions(now=timezone.now())


@shared_task
def forget_one_time_passwords() -> int:
    """Delete old one-time passwords; return how many."""
    return one_time_passwords.forget_one_time_passwords(now=timezone.now())


@shared_task
def forget_second_factor_challenges() -> int:
    """Delete expired challenges of logins and enrolments of factors; return how many."""
    now = timezone.now()
    return challenges.forget_challenges(now=now) + enrolment.forget_totp_enrolments(now=now)


@shared_task
def forget_attempts() -> int:
    """Delete old counts of attempts and unused known devices; return how many rows."""
    now = timezone.now()
    return guessing.forget_attempts(now=now) + known_devices.forget_unused_devices(now=now)


@shared_task
def forget_security_events() -> int:
    """Delete old events of which the owners of accounts were notified; return how many."""
    return security_events.forget_security_events(now=timezone.now())


@shared_task
def forget_email_verifications() -> int:
    """Delete old codes for e-mail addresses; return how many."""
    return email_addresses.forget_email_verifications(now=timezone.now())
