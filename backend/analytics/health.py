"""The warehouse's health check: whether it is available and migrated, and how far it lags."""

from collections.abc import Mapping

from django.utils import timezone

from analytics_pipeline import facts, migrate, rollups
from backend.analytics.subscribers import OrderFacts
from backend.engines.warehouse import migrated_for_requests
from backend.outbox.selectors import lag


class WarehouseNotMigrated(Exception):
    """Tables or views of the warehouse are missing, as after an older copy was restored."""

    remedy = "Run: python manage.py migrate_warehouse"


def check() -> Mapping[str, object]:
    """Return the warehouse's version, its lag, and how many facts and days need attention.

    Raises:
        WarehouseUnavailable, WarehouseRefused: it is down, or refuses a query.
        WarehouseNotMigrated: a part of the schema is missing; names the first.
    """
    target = migrated_for_requests()
    warehouse = target.warehouse()
    missing = migrate.pending(warehouse, migrations=migrate.load())
    if missing:
        raise WarehouseNotMigrated(f"{len(missing)} are not applied, the first is {missing[0].name}")
    behind = lag(OrderFacts(target), now=timezone.now())
    return {
        "version": warehouse.ping(),
        "lag_messages": behind.messages,
        "lag_seconds": round(behind.seconds, 3),
        "refused_facts": len(facts.waiting(warehouse)),
        "dirty_days": len(rollups.all_dirty_days(warehouse)),
    }
