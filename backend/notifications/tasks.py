"""Periodic tasks for notifications."""

from celery import shared_task
from django.conf import settings
from django.utils import timezone

from backend.notifications import cart_reminders, inbox
from backend.notifications.sending import send_due
from backend.notifications.services import delete_old_deliveries as delete_old


@shared_task
def send_due_deliveries() -> int:
    """Send the deliveries that are due; return how many were sent."""
    return send_due(clock=timezone.now)


@shared_task
def remind_of_carts() -> int:
    """Publish reminders of carts that customers left behind; return how many."""
    return cart_reminders.remind_of_carts(now=timezone.now())


@shared_task
def delete_old_deliveries() -> int:
    """Delete finished deliveries after DELIVERY_RETENTION, and old reminders; return how many deliveries."""
    now = timezone.now()
    cart_reminders.forget_reminders(now=now)
    inbox.delete_old_messages(older_than=settings.INBOX_RETENTION, now=now)
    return delete_old(older_than=settings.DELIVERY_RETENTION, now=now)
