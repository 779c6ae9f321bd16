"""Periodic tasks of the admin site."""

from importlib import import_module

from celery import shared_task
from django.conf import settings


@shared_task
def forget_admin_sessions() -> None:
    """Delete the expired sessions of Django, which only the admin has."""
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
