"""What happens to orders by the clock."""

from celery import shared_task

from backend.audit.actors import Actor
from backend.orders.popularity import refresh_popularity


@shared_task
def refresh_product_popularity() -> int:
    """Store what each product sells now; return how many products that changed."""
    return refresh_popularity(by=Actor.system("refresh_popularity"))
