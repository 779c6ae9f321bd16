"""Periodic work on the warehouse."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from analytics_pipeline import dead_letters, rollups
from backend.engines.warehouse import warehouse

LETTERS_KEPT_FOR = timedelta(days=90)


@shared_task
def rebuild_rollups() -> int:
    """Rebuild every rollup of every dirty day; return how many days that were."""
    rollups.drop_left_tables(warehouse(), now=timezone.now())
    return len(rollups.rebuild(warehouse()))


@shared_task
def drop_old_dead_letters() -> None:
    """Delete dead letters that were not replayed for a quarter of a year."""
    dead_letters.drop(warehouse(), before=timezone.now() - LETTERS_KEPT_FOR)
