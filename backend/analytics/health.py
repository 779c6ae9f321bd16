"""Whether the warehouse answers, and how far it is behind."""

from collections.abc import Mapping

from django.utils import timezone

from analytics_pipeline import facts, rollups
from backend.analytics.subscribers import OrderFacts
from backend.engines.warehouse import migrated_for_requests
from backend.outbox.selectors import lag


def check() -> Mapping[str, object]:
    """Return its version and lag; raises WarehouseUnavailable or WarehouseRefused."""
    target = migrated_for_requests()
    warehouse = target.warehouse()
    behind = lag(OrderFacts(target), now=timezone.now())
    return {
        "version": warehouse.ping(),
        "lag_messages": behind.messages,
        "lag_seconds": round(behind.seconds, 3),
        "refused_facts": len(facts.waiting(warehouse)),
        "dirty_days": len(rollups.all_dirty_days(warehouse)),
    }
