"""Periodic tasks for orders."""

from celery import shared_task

from backend.audit.actors import Actor
from backend.orders.popularity import refresh_popularity


@shared_task
def refresh_product_popularity() -> int:
    """Store the popularity of each product; return how many products changed."""
    return refresh_popularity(by=Actor.system("refresh_popularity"))
