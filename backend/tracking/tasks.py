"""Tasks for refused events."""

from celery import shared_task

from analytics_pipeline import dead_letters
from backend.engines.streams import stream
from backend.engines.warehouse import warehouse
from backend.tracking.live_names import CACHE


@shared_task
def replay_dead_letters() -> int:
    """Validate all dead letters again, send the valid ones into the stream, and return how many."""
    return dead_letters.replay(warehouse(), stream(), names_of=CACHE.current).replayed
