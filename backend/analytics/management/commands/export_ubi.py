"""`manage.py export_ubi FOLDER --since DAY`: searches and what came of them, for tools that read UBI 1.3."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from analytics_pipeline import embedded, migrate, ubi
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from backend.api.commands import ShopCommand
from backend.engines.commands import services_for_command

# The longest text that the schema allows in this field.
_LONGEST_NAME = 100


def _name(text: str) -> str:
    if len(text) > _LONGEST_NAME:
        raise ArgumentTypeError(f"at most {_LONGEST_NAME} characters")
    if not text.isprintable():
        # Bytes that aren't UTF-8, for example, which JSON can't have.
        raise ArgumentTypeError("only printable characters")
    return text


class Command(ShopCommand):
    """Writes two files a day: `ubi_queries-DAY` and `ubi_events-DAY`."""

    help = "Export searches as User Behavior Insights 1.3. docs/search-analytics.md describes the files."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the folder, the period and the format."""
        parser.add_argument("folder", type=Path, help="the folder of the files; it is created if necessary")
        parser.add_argument("--since", type=date.fromisoformat, required=True, help="the first day (UTC)")
        parser.add_argument("--until", type=date.fromisoformat, help="the last day (UTC); today by default")
        parser.add_argument(
            "--format",
            type=ubi.Format,
            choices=list(ubi.Format),
            default=ubi.Format.NDJSON,
            help="ndjson: a document a line; bulk: for the bulk API of OpenSearch and Elasticsearch",
        )
        parser.add_argument(
            "--impressions", action="store_true", help="add an event for each product of each list"
        )
        parser.add_argument(
            "--application", type=_name, default="search", help="the application that the documents name"
        )

    def handle(self, *_: Any, folder: Path, since: date, until: date | None, **options: Any) -> None:
        """Write the files of each day, and print how many documents they have."""
        last = until or timezone.now().date()
        if last < since:
            raise CommandError(f"--since {since} is after --until {last}")
        _create(folder)
        export = ubi.UbiExport(
            folder=folder,
            application=options["application"],
            format=options["format"],
            impressions=options["impressions"],
        )
        settings = PipelineSettings.from_env()
        with services_for_command(settings, embedded.WAREHOUSE):
            warehouse = Warehouse(settings)
            migrate.migrate(warehouse)
            for day in ubi.days(warehouse, since=since, until=last):
                done = export.day(warehouse, day)
                self.stdout.write(f"{done.day}: {done.queries} queries, {done.events} events")


def _create(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise CommandError(f"the folder can't be created: {error}") from error
