"""Periodic tasks for inventory."""

import structlog
from celery import shared_task

from backend.inventory.checks import stock_differences

logger = structlog.get_logger(__name__)


@shared_task
def check_stock() -> int:
    """Log each variant whose counters differ from the ledger; return how many there are.

    Nothing is repaired.
    """
    found = stock_differences()
    for one in found:
        logger.error(
            "stock_differs",
            variant_id=one.variant_id,
            stock=one.stock,
            ledger=one.ledger,
            reserved=one.reserved,
            reservations=one.reservations,
            short=one.short,
        )
    return len(found)
