"""Periodic tasks for orders."""

from celery import shared_task
from django.utils import timezone

from backend.audit.actors import Actor
from backend.orders.best_sellers import refresh_best_sellers
from backend.orders.holds import expire_orders
from backend.orders.popularity import refresh_popularity


@shared_task
def expire_unpaid_orders() -> int:
    """Cancel the orders that were not paid in time; return how many."""
    return expire_orders(by=Actor.system("expire_orders"), now=timezone.now())


@shared_task
def mark_best_sellers() -> int:
    """Mark the best sellers of each category; return how many products changed."""
    return refresh_best_sellers(by=Actor.system("mark_best_sellers"), now=timezone.now())


@shared_task
def refresh_product_popularity() -> int:
    """Store the popularity of each product; return how many products changed."""
    return refresh_popularity(by=Actor.system("refresh_popularity"))
