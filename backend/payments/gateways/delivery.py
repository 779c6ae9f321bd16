"""Delivers the webhooks of the test gateway within the shop."""

from datetime import timedelta

from celery import current_app
from django.utils import timezone

from backend.payments import webhooks
from backend.payments.gateways.simulated import Webhook


def deliver(webhook: Webhook, after: timedelta) -> None:
    """Deliver the webhook now, or by a Celery task after a time."""
    if not after:
        webhooks.receive("test", body=webhook.body, headers=webhook.headers, now=timezone.now())
        return
    current_app.send_task(
        "backend.payments.tasks.deliver_test_webhook",
        args=(webhook.body.decode(), dict(webhook.headers)),
        countdown=after.total_seconds(),
    )
