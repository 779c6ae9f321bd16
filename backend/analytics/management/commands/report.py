"""`manage.py report NAME`: a report's rows on stdout, and how fresh they are on stderr."""

import json
import shutil
import sys
import tempfile
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from analytics_pipeline import embedded, migrate, reports
from analytics_pipeline.reports import InvalidParameters, Report, ReportResult
from analytics_pipeline.reports.definition import SELLER
from analytics_pipeline.reports.results import to_csv
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream
from analytics_pipeline.warehouse import Warehouse
from backend.analytics.amounts import precise_row
from backend.analytics.selectors import Freshness, freshness
from backend.api.commands import ShopCommand
from backend.engines.commands import services_for_command


class Command(ShopCommand):
    """Runs one of the reports in analytics_pipeline/queries."""

    help = "Run a report."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add a subcommand for each report, with its parameters."""
        parser.formatter_class = RawDescriptionHelpFormatter
        subparsers = parser.add_subparsers(dest="name", metavar="NAME", required=True)
        for report in reports.available():
            _add_parameters(subparsers.add_parser(report.name, help=report.description), report)

    def handle(self, *_: Any, name: str, format: str, **options: Any) -> None:  # noqa: A002
        """Print the rows."""
        report = reports.load(name)
        known = {parameter.name for parameter in report.parameters}
        given = {key: value for key, value in options.items() if key in known and value is not None}
        seller = options.get("seller", reports.EVERY_SELLER)
        settings = PipelineSettings.from_env()
        try:
            with services_for_command(settings, embedded.WAREHOUSE, embedded.VALKEY):
                warehouse = Warehouse(settings)
                migrate.migrate(warehouse)
                fresh = freshness(warehouse, Stream(settings), now=timezone.now())
                self.stderr.write(_described(fresh))
                self._print(warehouse, name, given, seller=seller, output_format=format)
        except InvalidParameters as error:
            faults = (f"--{key.replace('_', '-')}: {reason}" for key, reason in error.faults.items())
            raise CommandError("; ".join(faults)) from error

    def _print(
        self,
        warehouse: Warehouse,
        name: str,
        given: Mapping[str, object],
        *,
        seller: int | str,
        output_format: str,
    ) -> None:
        if output_format == "parquet":
            with tempfile.TemporaryFile() as file:
                reports.export(warehouse, name, given, file_format="parquet", to=file, seller=seller)
                file.seek(0)
                shutil.copyfileobj(file, sys.stdout.buffer)
            return
        result = reports.execute(warehouse, name, given, seller=seller)
        result = replace(result, rows=tuple(precise_row(result.columns, row) for row in result.rows))
        self.stdout.write(FORMATS[output_format](result), ending="")


def _add_parameters(parser: ArgumentParser, report: Report) -> None:
    parser.add_argument("--format", choices=[*FORMATS, "parquet"], default="table")
    if SELLER in report.scope:
        parser.add_argument(
            "--seller", default=reports.EVERY_SELLER, help="a seller's id; all sellers by default"
        )
    for parameter in report.parameters:
        parser.add_argument(
            f"--{parameter.name.replace('_', '-')}",
            dest=parameter.name,
            choices=parameter.choices or None,
            required=parameter.default is None,
            help=parameter.description,
        )


def _described(fresh: Freshness) -> str:
    days = fresh.dirty_days
    dirty = f"{len(days)}, from {days[0]} to {days[-1]}" if days else "none"
    return (
        f"not in the warehouse yet: {fresh.facts.messages} order changes ({fresh.facts.seconds:.0f} s), "
        f"{fresh.products.messages} products ({fresh.products.seconds:.0f} s), "
        f"{fresh.events.entries} batches of events ({fresh.events.seconds:.0f} s); "
        f"days counted from raw events: {dirty}"
    )


def _json(result: ReportResult) -> str:
    return json.dumps(result.records(), indent=2, default=str, ensure_ascii=False) + "\n"


def _csv(result: ReportResult) -> str:
    return to_csv(result.columns, result.rows)


def _table(result: ReportResult) -> str:
    rows = [result.columns, *([str(value) for value in row] for row in result.rows)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(result.columns))]
    numeric = [
        all(not isinstance(row[column], str) for row in result.rows) for column in range(len(result.columns))
    ]
    lines = (
        "  ".join(
            cell.rjust(width) if right else cell.ljust(width)
            for cell, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in rows
    )
    return "\n".join(lines) + "\n"


FORMATS: dict[str, Callable[[ReportResult], str]] = {"table": _table, "json": _json, "csv": _csv}
