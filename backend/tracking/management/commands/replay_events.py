"""`manage.py replay_events`: another try for what couldn't become an event."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics_pipeline import dead_letters, embedded, migrate
from analytics_pipeline.redis_client import StreamUnavailable
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable


class Command(BaseCommand):
    """Sends dead letters through the stream again."""

    help = "Try dead letters again, each as of its first arrival; those that still fail stay."

    def handle(self, *_: Any, **__: Any) -> None:
        """Replay, and say how many went and how many stay."""
        settings = PipelineSettings.from_env()
        try:
            with embedded.ensure(settings, embedded.WAREHOUSE, embedded.VALKEY):
                warehouse = Warehouse(settings)
                migrate.migrate(warehouse)
                done = dead_letters.replay(warehouse, Stream(settings))
        except (WarehouseUnavailable, StreamUnavailable) as error:
            raise CommandError(f"the warehouse or the stream doesn't answer: {error}") from error
        except (WarehouseRefused, migrate.MigrationChanged, embedded.ServiceDidNotStart) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.replayed} letters replayed, {done.kept} kept")
