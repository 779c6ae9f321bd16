"""`manage.py migrate_warehouse`: apply pending schema files to the warehouse."""

from typing import Any

from analytics_pipeline import embedded, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from backend.api.commands import ShopCommand
from backend.engines.commands import services_for_command


class Command(ShopCommand):
    """Applies pending schema files."""

    help = "Create or update the warehouse's tables and views."

    def handle(self, *_: Any, **__: Any) -> None:
        """Apply the pending files and print their names."""
        settings = PipelineSettings.from_env()
        with services_for_command(settings, embedded.WAREHOUSE):
            applied = migrate.migrate(Warehouse(settings))
        for migration in applied:
            self.stdout.write(f"applied {migration.number:03} {migration.name}")
        if not applied:
            self.stdout.write("the warehouse is up to date")
