"""`manage.py reconcile`: proves that the warehouse's order facts are the order ledger."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analytics_pipeline import embedded, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse, WarehouseRefused, WarehouseUnavailable
from backend.analytics.reconciliation import Comparison, reconcile


class Command(BaseCommand):
    """Compares both sides by month, kind and currency."""

    help = "Compare the warehouse with the order ledger; fails if they differ by a cent."

    def handle(self, *_: Any, **__: Any) -> None:
        """Print what differs, or how much agrees."""
        settings = PipelineSettings.from_env()
        try:
            with embedded.ensure(settings, embedded.WAREHOUSE):
                warehouse = Warehouse(settings)
                migrate.migrate(warehouse)
                compared = reconcile(warehouse)
        except WarehouseUnavailable as error:
            raise CommandError(f"the warehouse doesn't answer: {error}") from error
        except (WarehouseRefused, migrate.MigrationChanged, embedded.ServiceDidNotStart) as error:
            raise CommandError(str(error)) from error
        differing = [comparison for comparison in compared if not comparison.agrees]
        for comparison in differing:
            self.stdout.write(_described(comparison))
        if differing:
            raise CommandError(
                f"{len(differing)} of {len(compared)} totals differ; if the relay is behind, let it catch up"
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
