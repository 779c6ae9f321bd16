"""Files for a shop, and the values expected of it, computed with only the standard library."""

import csv
import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

KINDS = ("brass", "oak", "linen", "copper", "stone", "glass", "wool", "paper")
THINGS = ("lamp", "table", "shirt", "kettle", "mug", "vase", "blanket", "notebook")
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 420


@dataclass
class Month:
    """A month's sales and returns, in cents."""

    units: int = 0
    gross: int = 0
    returns: int = 0
    orders: set[str] = field(default_factory=set)

    def row(self, period: str) -> dict[str, Any]:
        """Return the expected row of the report."""
        gross, returns = Decimal(self.gross) / 100, Decimal(self.returns) / 100
        return {
            "period": period,
            "units": self.units,
            "gross": gross,
            "returns": returns,
            "net": gross - returns,
            "orders": len(self.orders),
        }


def write_catalogue(path: Path, *, products: int) -> None:
    """Write this many products in the shop's own CSV format."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "title", "price", "category", "stock"])
        for number in range(products):
            kind, thing = KINDS[number % 8], THINGS[number // 8 % 8]
            price = Decimal(number % 5_000 + 100) / 100
            writer.writerow([f"P{number}", f"{kind} {thing} no {number}", price, f"{thing}s > {kind}", 10])


def write_orders(path: Path, *, orders: int, products: int) -> list[dict[str, Any]]:
    """Write this many orders and some returns; return the expected monthly rows of the report."""
    rng = random.Random(20240101)
    months: dict[str, Month] = {}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order", "placed_at", "sku", "quantity", "unit_price", "customer"])
        for number in range(orders):
            at = FIRST_DAY + timedelta(minutes=rng.randrange(DAYS * 24 * 60))
            month = months.setdefault(f"{at:%Y-%m}", Month())
            customer = f"C{rng.randrange(500)}" if rng.random() < 0.7 else ""
            for _ in range(rng.randint(1, 4)):
                cents, units = rng.randint(99, 9_999), rng.randint(1, 6)
                sku, price = f"P{rng.randrange(products)}", Decimal(cents) / 100
                writer.writerow([f"O{number}", at.isoformat(), sku, units, price, customer])
                month.units += units
                month.gross += cents * units
                month.orders.add(f"O{number}")
                if rng.random() < 0.05:
                    writer.writerow([f"R{number}", at.isoformat(), sku, -units, price, customer])
                    month.returns += cents * units
    return [months[period].row(period) for period in sorted(months)]
