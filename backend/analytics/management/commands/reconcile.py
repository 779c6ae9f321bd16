"""`manage.py reconcile`: compare the warehouse's order facts with the order ledger, and repair them."""

import json
import re
from argparse import ArgumentParser, ArgumentTypeError
from dataclasses import asdict
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
from backend.analytics.models import Reconciliation, ReconciliationState
from backend.analytics.reconciliation import texts
from backend.analytics.reconciliation.storing import reconcile_and_store
from backend.analytics.repair import MonthRepaired, repair
from backend.api.commands import ShopCommand
from backend.engines.commands import services_for_command
from backend.inventory.checks import record_all_changes

DIFFERENCES = 1
WRONG_INPUT = 2
NOT_COMPARED = 3


def month(text: str) -> Month:
    """Parse a month."""
    matched = re.fullmatch(r"(\d{4})-(0[1-9]|1[0-2])", text, flags=re.ASCII)
    if matched is None:
        raise ArgumentTypeError(f"{text!r} is not a month such as 2026-01")
    return Month(int(matched[1]), int(matched[2]))


class Command(ShopCommand):
    """Compares both sides by day and names the orders that differ; --repair changes the warehouse."""

    help = (
        "Compare the warehouse with the order ledger, while the shop runs, and store the result. Exits with 0"
        " if nothing differs, 1 if movements differ, 2 if the options are wrong, and 3 if the comparison was"
        " not possible. Movements that wait in the outbox are counted as pending, not as differences."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--repair",
            action="store_true",
            help="repair the order facts first; the shop may be running",
        )
        parser.add_argument(
            "--from", dest="first", type=month, help="the first month (UTC) to repair, as 2026-01"
        )
        parser.add_argument("--to", dest="last", type=month, help="the last month (UTC) to repair")
        parser.add_argument("--json", action="store_true", help="print the result as JSON")

    def handle(self, *_: Any, first: Month | None, last: Month | None, **options: Any) -> None:
        """Print what was repaired and what differs.

        Raises:
            CommandError: movements differ, the options are wrong, or the comparison was not possible.
        """
        if (first or last) and not options["repair"]:
            raise CommandError(
                "--from and --to need --repair; a comparison always covers all months",
                returncode=WRONG_INPUT,
            )
        if first and last and last < first:
            raise CommandError(f"--from {first} is after --to {last}", returncode=WRONG_INPUT)
        settings, described = PipelineSettings.from_env(), self.stderr if options["json"] else self.stdout
        with services_for_command(settings, embedded.WAREHOUSE, returncode=NOT_COMPARED):
            warehouse = Warehouse(settings)
            migrate.migrate(warehouse)
            if options["repair"]:
                for repaired in repair(warehouse, first=first, last=last, clock=timezone.now):
                    described.write(_described_repair(repaired))
                described.write(_repaired_availability(warehouse))
            availability = compare_availability(warehouse, clock=timezone.now)
            row = reconcile_and_store(lambda: warehouse, clock=timezone.now)
            refused = facts.waiting(warehouse)
        if options["json"]:
            self.stdout.write(_as_json(row, availability))
        else:
            for each in refused:
                self.stdout.write(f"movement {each.movement_id} was refused by the warehouse: {each.reason}")
            for line in texts.lines(row):
                self.stdout.write(line)
        self._conclude(row, as_json=options["json"])
        if availability != AvailabilityDifferences(0, 0):
            raise CommandError(
                f"of the history of availability {availability.missing} rows are missing in the warehouse, "
                f"and {availability.surplus} are not in the database; if the relay lags, wait until it has "
                "caught up, otherwise run reconcile --repair",
                returncode=DIFFERENCES,
            )

    def _conclude(self, row: Reconciliation, *, as_json: bool) -> None:
        if row.state == ReconciliationState.DIFFERS:
            raise CommandError(f"{texts.summary(row)}. {texts.remedy(row)}", returncode=DIFFERENCES)
        if not as_json:
            self.stdout.write(texts.summary(row))


def _described_repair(repaired: MonthRepaired) -> str:
    return (
        f"{repaired.month}: facts {repaired.facts_written} written, {repaired.facts_removed} removed; "
        f"events {repaired.events_written} written, {repaired.events_removed} removed"
    )


def _repaired_availability(warehouse: Warehouse) -> str:
    recorded = record_all_changes(now=timezone.now())
    found = repair_availability(warehouse, clock=timezone.now)
    return f"availability: {recorded} changes recorded, {found.missing} written, {found.surplus} removed"


def _as_json(row: Reconciliation, availability: AvailabilityDifferences) -> str:
    # Takes long to import, and the text needs no serializer.
    from backend.analytics.reconciliation.serializers import (  # noqa: PLC0415
        ReconciliationDetailSerializer,
    )

    shown = {**ReconciliationDetailSerializer(row).data, "availability": asdict(availability)}
    return json.dumps(shown, indent=2)
