"""Periodic tasks for the warehouse."""

from datetime import timedelta

import structlog
from celery import shared_task
from django.utils import timezone

from analytics_pipeline import dead_letters, retention, rollup_builds
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import WarehouseRefused, WarehouseUnavailable
from backend.analytics.reconciliation import texts
from backend.analytics.reconciliation.storing import reconcile_and_store
from backend.engines.warehouse import warehouse

logger = structlog.get_logger(__name__)


@shared_task
def rebuild_rollups() -> int:
    """Rebuild every rollup of every dirty day; return the number of days."""
    rollup_builds.drop_leftover_tables(warehouse(), now=timezone.now())
    return len(rollup_builds.rebuild(warehouse()))


@shared_task
def drop_old_dead_letters() -> None:
    """Delete dead letters that are older than DEAD_LETTER_DAYS."""
    days = PipelineSettings.from_env().dead_letter_days
    dead_letters.drop(warehouse(), before=timezone.now() - timedelta(days=days))


@shared_task
def empty_old_texts() -> int:
    """Empty the texts of events that are older than QUERY_RETENTION_DAYS; return the number of days."""
    settings = PipelineSettings.from_env()
    before = (timezone.now() - timedelta(days=settings.query_days)).date()
    kept = settings.retained_properties
    return len(retention.empty_texts(warehouse(), before=before, kept_properties=kept))


@shared_task
def reconcile_orders() -> int:
    """Compare the warehouse with the order ledger and store the result; return how many movements differ.

    Nothing is repaired.
    """
    try:
        row = reconcile_and_store(warehouse, clock=timezone.now)
    except (WarehouseUnavailable, WarehouseRefused) as error:
        logger.warning("ledger_not_compared", reason=str(error))
        return 0
    if row.differing:
        logger.error("ledger_differs", result=texts.summary(row), remedy=texts.remedy(row))
    else:
        logger.info("ledger_compared", movements=row.movements, pending=row.pending)
    return row.differing
