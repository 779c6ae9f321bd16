"""Periodic tasks for carts."""

from celery import shared_task
from django.utils import timezone

from backend.carts.services import forget_old_guest_carts


@shared_task
def forget_guest_carts() -> int:
    """Delete the carts that guests abandoned; return how many."""
    return forget_old_guest_carts(now=timezone.now())
