"""Periodic tasks for the warehouse."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from analytics_pipeline import dead_letters, retention, rollups
from analytics_pipeline.settings import PipelineSettings
from backend.engines.warehouse import warehouse


@shared_task
def rebuild_rollups() -> int:
    """Rebuild every rollup of every dirty day; return the number of days."""
    rollups.drop_leftover_tables(warehouse(), now=timezone.now())
    return len(rollups.rebuild(warehouse()))


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
