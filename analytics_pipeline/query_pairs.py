"""Pairs of queries that led shoppers to the same products."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path

from analytics_pipeline.warehouse import Warehouse

EXTRACT = Path(__file__).parent / "extracts" / "query_pairs.sql"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairLimits:
    """What a pair needs to be returned."""

    least_shoppers: int = 5
    """Shoppers who chose a product after each of the queries; fewer could identify a shopper."""
    least_shoppers_a_product: int = 2
    least_products: int = 3
    """Products that both queries led to."""
    least_lift: float = 3.0
    most_queries_a_product: int = 200
    """A product that is chosen after more queries says little about each, and would make many pairs."""
    limit: int = 2_000


@dataclass(frozen=True, slots=True)
class QueryPair:
    """Two queries, the number of shoppers who chose a product after each, and what they have in common."""

    queries: tuple[str, str]
    shoppers: tuple[int, int]
    common_products: int
    lift: float


def query_pairs(
    warehouse: Warehouse, *, days: int, now: datetime, limits: PairLimits | None = None
) -> list[QueryPair]:
    """Return the pairs of the last `days` days, those with the most common products first.

    Raises:
        WarehouseUnavailable, WarehouseRefused: the query failed.
    """
    parameters = {"since": (now - timedelta(days=days)).date(), "until": now.date()}
    rows = warehouse.rows(
        EXTRACT.read_text(encoding="utf-8"), {**parameters, **asdict(limits or PairLimits())}
    )
    return [
        QueryPair(
            queries=(str(row["first_query"]), str(row["second_query"])),
            shoppers=(int(row["first_shoppers"]), int(row["second_shoppers"])),
            common_products=int(row["common_products"]),
            lift=round(float(row["lift"]), 2),
        )
        for row in rows
    ]
