"""Periodic tasks for inventory."""

import structlog
from celery import shared_task
from django.utils import timezone

from backend.inventory.checks import record_all_changes, stock_differences

logger = structlog.get_logger(__name__)


@shared_task
def complete_availability() -> int:
    """Complete the history of availability; return how many rows were missing."""
    added = record_all_changes(now=timezone.now())
    if added:
        logger.warning("availability_completed", rows=added)
    return added


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
