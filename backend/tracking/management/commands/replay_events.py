"""`manage.py replay_events`: validate dead letters again and send the valid ones into the stream."""

from argparse import ArgumentParser
from typing import Any

from analytics_pipeline import dead_letters, embedded, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream
from analytics_pipeline.warehouse import Warehouse
from backend.api.commands import ShopCommand
from backend.engines.commands import services_for_command
from backend.tracking.live_names import CACHE


class Command(ShopCommand):
    """Replays dead letters."""

    help = "Validate dead letters again, as of their arrival, and send the valid ones into the stream."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add `--correct-clocks`."""
        parser.add_argument(
            "--correct-clocks",
            action="store_true",
            help="give events that are up to a day in the future the time of their arrival",
        )

    def handle(self, *_: Any, correct_clocks: bool, **__: Any) -> None:
        """Replay, and print how many dead letters were sent and how many were kept."""
        settings = PipelineSettings.from_env()
        with services_for_command(settings, embedded.WAREHOUSE, embedded.VALKEY):
            warehouse = Warehouse(settings)
            migrate.migrate(warehouse)
            done = dead_letters.replay(
                warehouse, Stream(settings), names_of=CACHE.current, correct_clocks=correct_clocks
            )
        self.stdout.write(f"{done.replayed} dead letters replayed, {done.kept} kept")
