"""Fill a warehouse with visits that the warehouse itself generates."""

from datetime import date, timedelta
from pathlib import Path

from analytics_pipeline import rollup_builds, rollups
from analytics_pipeline.warehouse import Warehouse

_FOLDER = Path(__file__).parent
FIRST_DAY = date(2026, 1, 1)
DAYS = 30
_VISIT = 12
"""Events of a visit; each shopper has four visits on average."""

_ROWS_AT_ONCE = 500_000


def fill(warehouse: Warehouse, *, events: int) -> None:
    """Store the events and their order facts, and build the rollups."""
    statement = (_FOLDER / "generated_events.sql").read_text()
    for start in range(0, events, _ROWS_AT_ONCE):
        warehouse.command(
            statement,
            {
                "visit": _VISIT,
                "first_day": FIRST_DAY,
                "days": DAYS,
                "events": events,
                "from": start,
                "rows": min(_ROWS_AT_ONCE, events - start),
            },
        )
    warehouse.command((_FOLDER / "generated_facts.sql").read_text())
    rollups.mark_dirty(warehouse, [FIRST_DAY + timedelta(days=day) for day in range(DAYS)])
    rollup_builds.rebuild(warehouse)
