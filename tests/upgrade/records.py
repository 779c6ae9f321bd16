"""The records that a shop must not lose, read from its database and its warehouse."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse

ORDERS = "SELECT order_number, total_amount, currency, status FROM orders_order"
MOVEMENTS = "SELECT id, kind, quantity, amount FROM orders_movement"
LEDGER = "SELECT id, variant_id, effect FROM inventory_inventorytransaction"
ACCOUNTS = "SELECT id, phone, password FROM accounts_user"
VARIANTS_WITH_WRONG_STOCK = """
    SELECT variant.id FROM catalog_variant AS variant
    WHERE variant.stock <> (
        SELECT COALESCE(SUM(effect), 0) FROM inventory_inventorytransaction WHERE variant_id = variant.id
    )
"""


@dataclass(frozen=True)
class Records:
    """Rows that are never deleted: each must still exist, unchanged, after an upgrade."""

    orders: frozenset[tuple[object, ...]]
    movements: frozenset[tuple[object, ...]]
    ledger: frozenset[tuple[object, ...]]
    accounts: frozenset[tuple[object, ...]]

    @classmethod
    def of(cls, home: Path) -> "Records":
        """Return the records of the shop in `home`."""
        return cls(*(frozenset(_rows(home, query)) for query in (ORDERS, MOVEMENTS, LEDGER, ACCOUNTS)))

    def missing_from(self, later: "Records") -> list[tuple[object, ...]]:
        """Return the rows that are missing or changed in `later`."""
        return [
            row
            for rows, later_rows in (
                (self.orders, later.orders),
                (self.movements, later.movements),
                (self.ledger, later.ledger),
                (self.accounts, later.accounts),
            )
            for row in rows - later_rows
        ]


def order_numbers(home: Path) -> set[object]:
    """Return the numbers of all orders."""
    return {row[0] for row in _rows(home, ORDERS)}


def variants_with_wrong_stock(home: Path) -> list[tuple[object, ...]]:
    """Return the variants whose stock is not the sum of their inventory transactions."""
    return _rows(home, VARIANTS_WITH_WRONG_STOCK)


def stored_events(home: Path) -> set[str]:
    """Return the ids of all events in the warehouse of a running shop."""
    settings = PipelineSettings.from_env({"VITRINE_HOME": str(home)})
    with closing(Warehouse(settings)) as warehouse:
        rows = warehouse.rows("SELECT toString(event_id) AS event_id FROM events FINAL")
    return {str(row["event_id"]) for row in rows}


def _rows(home: Path, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(f"file:{home / 'db.sqlite3'}?mode=ro", uri=True, timeout=30)) as database:
        return database.execute(query).fetchall()
