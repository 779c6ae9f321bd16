"""Health checks of the warehouse: whether it is available, migrated and equal to the ledger, and its lag."""

from collections.abc import Mapping

from django.utils import timezone

from analytics_pipeline import dead_letters, facts, migrate, rollups
from analytics_pipeline.parts import parts_of_events
from backend.analytics.errors import LedgerDiffers
from backend.analytics.models import Reconciliation, ReconciliationState
from backend.analytics.reconciliation import texts
from backend.analytics.subscribers import OrderFacts
from backend.engines.errors import WarehouseNotMigrated
from backend.engines.warehouse import checked_for_requests, migrated
from backend.outbox.selectors import lag


def check() -> Mapping[str, object]:
    """Return the warehouse's version, its lag, and the numbers of refused facts and events and of dirty days.

    `event_parts` and `insert_rows` show whether inserts are large enough (analytics_pipeline/parts.py).

    Raises:
        WarehouseUnavailable, WarehouseRefused: the warehouse is down, or refuses a query.
        WarehouseNotMigrated: schema files are not applied; the message names the first.
    """
    # Checked each time, unlike for requests, because a restore may remove parts of the schema.
    warehouse = checked_for_requests().bare
    missing = migrate.pending(warehouse, migrations=migrate.load())
    if missing:
        raise WarehouseNotMigrated(
            f"{len(missing)} schema files are not applied, the first is {missing[0].name}"
        )
    parts = parts_of_events(warehouse)
    behind = lag(OrderFacts(migrated()), now=timezone.now())
    return {
        "version": warehouse.ping(),
        "lag_messages": behind.messages,
        "lag_seconds": round(behind.seconds, 3),
        "dead_letters": dead_letters.waiting(warehouse),
        "event_parts": parts.most_parts,
        "insert_rows": round(parts.rows_of_an_insert, 1),
        "refused_facts": len(facts.waiting(warehouse)),
        "dirty_days": len(rollups.all_dirty_days(warehouse)),
    }


def reconciliation() -> Mapping[str, object]:
    """Return the numbers of the last comparison of the ledger with the warehouse; nothing before the first.

    Raises:
        LedgerDiffers: movements differed; names the command that helps.
    """
    row = Reconciliation.objects.exclude(state=ReconciliationState.FAILED).order_by("-pk").first()
    if row is None:
        return {}
    found = {
        "age_seconds": round((timezone.now() - row.finished_at).total_seconds()),
        "movements": row.movements,
        "differing": row.differing,
        "pending": row.pending,
    }
    if row.state == ReconciliationState.DIFFERS:
        raise LedgerDiffers(texts.summary(row), remedy=texts.remedy(row), facts=found)
    return found
