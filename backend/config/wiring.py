"""What upper rooms offer to lower ones, connected once at start-up."""

from backend.analytics import health as warehouse_health
from backend.exposures import counts as exposure_counts
from backend.exposures import services as exposures
from backend.operations import health
from backend.outbox import health as outbox_health
from backend.search import health as search_health
from backend.tracking import health as stream_health
from backend.tracking import sink


def connect() -> None:
    """Register sinks and health checks."""
    exposures.register_sink(sink.store)
    health.register("database", health.database, required=True)
    health.register("relay", outbox_health.check, required=False)
    health.register("search", search_health.check, required=False)
    health.register("exposures", exposure_counts.check, required=False)
    health.register("stream", stream_health.check, required=False)
    health.register("warehouse", warehouse_health.check, required=False)
