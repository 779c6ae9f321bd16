"""What searches led to, for suggestions."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from analytics_pipeline import rollups
from analytics_pipeline.warehouse import Warehouse

_QUERY = Path(__file__).parent / "extracts" / "query_statistics.sql"

LOOKED_BACK = timedelta(days=90)
LATELY = timedelta(days=7)
COMPARED_WITH = timedelta(days=28)
"""The time before `LATELY` with which a query is compared."""


class CountedQuery(NamedTuple):
    """A query in lower case."""

    text: str
    shoppers: int
    """Distinct shoppers for whom it led to a click, a cart add or an order."""
    score: float
    """Clicks, cart adds and sold units, weighted."""
    recent: float
    """Distinct shoppers who searched for it in the last seven days."""
    before: float
    """Distinct shoppers a week in the four weeks before."""


def query_statistics(
    warehouse: Warehouse, *, now: datetime, fewest_shoppers: int, limit: int
) -> list[CountedQuery]:
    """Return the queries that led to something for at least `fewest_shoppers`, highest score first.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    rows = warehouse.rows(
        _QUERY.read_text(encoding="utf-8"),
        {
            "since": (now - LOOKED_BACK).date(),
            "until": now.date(),
            "compared_since": (now - LATELY - COMPARED_WITH).date(),
            "lately_since": (now - LATELY).date(),
            "weeks": COMPARED_WITH / LATELY,
            "fewest": fewest_shoppers,
            "limit": limit,
            rollups.RESULT_LISTS.placeholder: rollups.dirty_days(warehouse, rollups.RESULT_LISTS),
        },
    )
    return [
        CountedQuery(row["query"], row["shoppers"], row["score"], row["recent"], row["before"])
        for row in rows
    ]
