"""Periodic tasks for purchasing."""

from celery import shared_task
from django.utils import timezone

from backend.audit.actors import Actor
from backend.purchasing.drafting import draft_purchase_orders as draft


@shared_task
def draft_purchase_orders() -> int:
    """Write what the reorder rules propose into drafts; return how many drafts changed."""
    return len(draft(by=Actor.system("draft_purchase_orders"), now=timezone.now()))
