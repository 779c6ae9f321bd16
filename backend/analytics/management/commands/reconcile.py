"""`manage.py reconcile`: compare the warehouse's order facts with the order ledger, and repair them."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import CommandError
from django.utils import timezone

from analytics_pipeline import embedded, facts, migrate
from analytics_pipeline.facts import Month
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from backend.analytics.availability_repair import (
    AvailabilityDifferences,
    compare_availability,
    repair_availability,
)
from backend.analytics.reconciliation import Comparison, reconcile
from backend.analytics.repair import MonthRepaired, repair
from backend.api.commands import ShopCommand
from backend.engines.commands import services_for_command
from backend.inventory.checks import record_all_changes


def month(text: str) -> Month:
    """Parse a month."""
    matched = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text, flags=re.ASCII)
    if matched is None:
        raise ArgumentTypeError(f"{text!r} is not a month such as 2026-01")
    return Month(int(matched[1]), int(matched[2]))


class Command(ShopCommand):
    """Compares both sides by month, kind and currency; --repair makes the warehouse equal to the ledger."""

    help = "Compare the warehouse with the order ledger; fails if any total differs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options for repairing."""
        parser.add_argument(
            "--repair",
            action="store_true",
            help="repair the order facts first; the shop may be running",
        )
        parser.add_argument(
            "--from", dest="first", type=month, help="the first month (UTC) to repair, as 2026-01"
        )
        parser.add_argument("--to", dest="last", type=month, help="the last month (UTC) to repair")

    def handle(self, *_: Any, first: Month | None, last: Month | None, **options: Any) -> None:
        """Print what was repaired, then the differences, or how many totals agree."""
        if (first or last) and not options["repair"]:
            raise CommandError("--from and --to need --repair; a comparison always covers all months")
        if first and last and last < first:
            raise CommandError(f"--from {first} is after --to {last}")
        settings = PipelineSettings.from_env()
        with services_for_command(settings, embedded.WAREHOUSE):
            warehouse = Warehouse(settings)
            migrate.migrate(warehouse)
            if options["repair"]:
                for repaired in repair(warehouse, first=first, last=last, clock=timezone.now):
                    self.stdout.write(_described_repair(repaired))
                self._repair_availability(warehouse)
            availability = compare_availability(warehouse, clock=timezone.now)
            compared, refused = reconcile(warehouse), facts.waiting(warehouse)
        for row in refused:
            self.stdout.write(f"movement {row.movement_id} was refused by the warehouse: {row.reason}")
        self._conclude(compared)
        if availability != AvailabilityDifferences(0, 0):
            raise CommandError(
                f"of the history of availability {availability.missing} rows are missing in the warehouse, "
                f"and {availability.surplus} are not in the database; if the relay lags, wait until it has "
                "caught up, otherwise run reconcile --repair"
            )

    def _repair_availability(self, warehouse: Warehouse) -> None:
        recorded = record_all_changes(now=timezone.now())
        found = repair_availability(warehouse, clock=timezone.now)
        self.stdout.write(
            f"availability: {recorded} changes recorded, {found.missing} written, {found.surplus} removed"
        )

    def _conclude(self, compared: list[Comparison]) -> None:
        differing = [comparison for comparison in compared if not comparison.agrees]
        for comparison in differing:
            self.stdout.write(_described(comparison))
        if differing:
            raise CommandError(
                f"{len(differing)} of {len(compared)} totals differ; if the relay lags, wait until it has "
                "caught up, otherwise run reconcile --repair"
            )
        movements = sum(comparison.ledger.movements for comparison in compared)
        self.stdout.write(f"{movements} movements in {len(compared)} totals agree")


def _described(comparison: Comparison) -> str:
    ledger, stored = comparison.ledger, comparison.warehouse
    return (
        f"{ledger.month} {ledger.kind} {ledger.currency}: "
        f"ledger {ledger.movements} movements, {ledger.units} units, {ledger.amount}; "
        f"warehouse {stored.movements} movements, {stored.units} units, {stored.amount}"
    )


def _described_repair(repaired: MonthRepaired) -> str:
    return (
        f"{repaired.month}: facts {repaired.facts_written} written, {repaired.facts_removed} removed; "
        f"events {repaired.events_written} written, {repaired.events_removed} removed"
    )
