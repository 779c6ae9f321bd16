"""`manage.py ingest_events`: store events from the stream in the warehouse until stopped."""

import gc
import signal
import threading
import time
from argparse import ArgumentParser
from typing import Any

import structlog
from django.utils import timezone

from analytics_pipeline import embedded, migrate
from analytics_pipeline.ingest import ENTRIES_AT_ONCE, Ingest
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import PREVIOUS_KEY, Stream
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable
from backend.api.commands import ShopCommand
from backend.engines.commands import services_for_command

WAIT_SECONDS = 1.0
# Waiting makes blocks fewer and larger: every insert creates a part for each day that it contains.
BETWEEN_INSERTS_SECONDS = 0.3
LONGEST_PAUSE_SECONDS = 10.0

logger = structlog.get_logger(__name__)


class Command(ShopCommand):
    """Runs the consumer in the foreground."""

    help = "Store events from the stream in the warehouse until stopped."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--drain`."""
        parser.add_argument(
            "--drain", action="store_true", help="store the events that are in the stream now, and exit"
        )

    def handle(self, *_: Any, drain: bool, **__: Any) -> None:
        """Run until SIGTERM or SIGINT, or until the stream is empty."""
        settings = PipelineSettings.from_env()
        with services_for_command(settings, embedded.VALKEY, embedded.WAREHOUSE):
            self._run(settings, drain=drain)

    def _run(self, settings: PipelineSettings, *, drain: bool) -> None:
        warehouse = Warehouse(settings)
        consumer = Ingest(stream=Stream(settings), warehouse=warehouse, clock=timezone.now)
        previous = Ingest(stream=Stream(settings, key=PREVIOUS_KEY), warehouse=warehouse, clock=timezone.now)
        if drain:
            migrate.migrate(warehouse)
            self.stdout.write(f"{previous.drain() + consumer.drain()} batches stored")
            return
        stopping = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stopping.set())
        # The garbage collector need not traverse the objects that were loaded at start-up.
        gc.collect()
        gc.freeze()
        follow(consumer, previous, warehouse, stopping=stopping)


def follow(consumer: Ingest, previous: Ingest, warehouse: Warehouse, *, stopping: threading.Event) -> None:
    """Consume until `stopping` is set; while a store is unavailable, retry after increasing pauses.

    `previous` consumes the events that web processes of the previous release accept during an upgrade.
    """
    pause, migrated = BETWEEN_INSERTS_SECONDS, False
    while not stopping.is_set():
        begun = time.monotonic()
        try:
            if not migrated:
                migrate.migrate(warehouse)
                migrated = True
            previous.drain()
            stored = consumer.step(wait_seconds=WAIT_SECONDS)
        except (StreamUnavailable, WarehouseUnavailable, WarehouseRefused) as error:
            logger.warning("events_wait", reason=str(error), pause=pause)
            stopping.wait(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        else:
            pause = BETWEEN_INSERTS_SECONDS
            if stored < ENTRIES_AT_ONCE:
                stopping.wait(max(0.0, begun + BETWEEN_INSERTS_SECONDS - time.monotonic()))
