"""The warehouse's health check: whether it is available and migrated, and how far it lags."""

from collections.abc import Mapping

from django.utils import timezone

from analytics_pipeline import facts, migrate, rollups
from backend.analytics.subscribers import OrderFacts
from backend.engines.errors import WarehouseNotMigrated
from backend.engines.warehouse import checked_for_requests, migrated
from backend.outbox.selectors import lag


def check() -> Mapping[str, object]:
    """Return the warehouse's version, its lag, and how many facts and days need attention; change nothing.

    Raises:
        WarehouseUnavailable, WarehouseRefused: it is down, or refuses a query.
        WarehouseNotMigrated: a part of the schema is missing; names the first.
    """
    # Not the cached check of requests: the schema may be missing again after a restore.
    warehouse = checked_for_requests().bare
    missing = migrate.pending(warehouse, migrations=migrate.load())
    if missing:
        raise WarehouseNotMigrated(f"{len(missing)} are not applied, the first is {missing[0].name}")
    behind = lag(OrderFacts(migrated()), now=timezone.now())
    return {
        "version": warehouse.ping(),
        "lag_messages": behind.messages,
        "lag_seconds": round(behind.seconds, 3),
        "refused_facts": len(facts.waiting(warehouse)),
        "dirty_days": len(rollups.all_dirty_days(warehouse)),
    }
