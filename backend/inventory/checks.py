"""Compares the stock counters of variants with the ledger and the reservations."""

from dataclasses import dataclass

from django.db import connection

# A single statement, so that all tables are read in the same state even while stock changes.
COMPARE = """
    SELECT variant.id, variant.sku, variant.stock, COALESCE(ledger.units, 0), variant.reserved,
           COALESCE(held.units, 0)
    FROM catalog_variant AS variant
    LEFT JOIN (
        SELECT variant_id, SUM(effect) AS units FROM inventory_inventorytransaction GROUP BY variant_id
    ) AS ledger ON ledger.variant_id = variant.id
    LEFT JOIN (
        SELECT variant_id, SUM(quantity - fulfilled - released) AS units FROM inventory_reservation
        WHERE state IN ('HELD', 'COMMITTED') GROUP BY variant_id
    ) AS held ON held.variant_id = variant.id
    WHERE variant.stock <> COALESCE(ledger.units, 0) OR variant.reserved <> COALESCE(held.units, 0)
    ORDER BY variant.id
"""


@dataclass(frozen=True, slots=True)
class StockDifference:
    """A variant whose counters differ from the ledger or from its live reservations."""

    variant_id: int
    sku: str
    stock: int
    ledger: int
    reserved: int
    reservations: int


def stock_differences() -> list[StockDifference]:
    """Return the variants whose counters differ from the ledger or the reservations (1 query)."""
    with connection.cursor() as cursor:
        cursor.execute(COMPARE)
        return [StockDifference(*row) for row in cursor.fetchall()]
