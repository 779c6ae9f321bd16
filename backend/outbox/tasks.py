"""What the outbox does by the clock."""

from celery import shared_task
from django.utils import timezone

from backend.outbox.services import prune


@shared_task
def prune_messages() -> int:
    """Delete what every subscriber has passed a day ago; return how many messages that were."""
    return prune(now=timezone.now())
