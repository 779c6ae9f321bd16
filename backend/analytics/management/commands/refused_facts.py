"""`manage.py refused_facts`: list the movements that the warehouse refused, or write them again."""

from argparse import ArgumentParser
from typing import Any

from django.utils import timezone

from analytics_pipeline import embedded, facts, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from backend.analytics.facts import replay_refused
from backend.api.commands import ShopCommand
from backend.engines.commands import services_for_command


class Command(ShopCommand):
    """Lists refused movements, or writes them again."""

    help = "List the movements that the warehouse refused; with --replay, write them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add --replay."""
        parser.add_argument(
            "--replay", action="store_true", help="write them again, with their current values"
        )

    def handle(self, *_: Any, replay: bool, **__: Any) -> None:
        """Print a line for each movement that is still refused."""
        settings = PipelineSettings.from_env()
        with services_for_command(settings, embedded.WAREHOUSE):
            warehouse = Warehouse(settings)
            migrate.migrate(warehouse)
            if replay:
                done = replay_refused(warehouse, clock=timezone.now)
                self.stdout.write(f"{done.stored} stored, {done.refused} refused, {done.gone} gone")
            for row in facts.waiting(warehouse):
                self.stdout.write(f"{row.movement_id}\t{row.reason}")
