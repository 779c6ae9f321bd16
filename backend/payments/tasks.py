"""Celery tasks that perform requests to payment gateways."""

from uuid import UUID

from celery import current_app, shared_task
from django.utils import timezone

from backend.payments import performing, webhooks

QUEUED_AT_ONCE = 500


@shared_task
def perform_request(request_id: str) -> str | None:
    """Perform the request if it is due; return its state."""
    return performing.perform(UUID(request_id), clock=timezone.now)


@shared_task
def perform_due_requests() -> int:
    """Queue the requests whose time has come, such as those of a killed worker; return how many."""
    found = performing.due(now=timezone.now(), limit=QUEUED_AT_ONCE)
    for request_id in found:
        current_app.send_task("backend.payments.tasks.perform_request", args=(str(request_id),))
    return len(found)


@shared_task
def deliver_test_webhook(body: str, headers: dict[str, str]) -> int:
    """Deliver a webhook of the test gateway; return how many events it added."""
    return webhooks.receive("test", body=body.encode(), headers=headers, now=timezone.now())
