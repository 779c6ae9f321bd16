"""Files and events for a shop, and the values expected of it, computed with only the standard library."""

import csv
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

KINDS = ("brass", "oak", "linen", "copper", "stone", "glass", "wool", "paper")
THINGS = ("lamp", "table", "shirt", "kettle", "mug", "vase", "blanket", "notebook")
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
DAYS = 420
EVENT_TYPES = ("view", "click", "cart_add", "cart_remove")
WITH_QUANTITY = {"cart_add", "cart_remove"}


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


def event_batches(*, batches: int, size: int, now: datetime) -> list[list[dict[str, Any]]]:
    """Return events of the last five days, each with its own id."""
    rng = random.Random(7)
    return [[_event(rng, now=now) for _ in range(size)] for _ in range(batches)]


def _event(rng: random.Random, *, now: datetime) -> dict[str, Any]:
    at = now - timedelta(seconds=rng.uniform(0, 5 * 24 * 3600))
    kind = rng.choice(EVENT_TYPES)
    event = {
        "event_id": str(_uuid7(at, rng=rng)),
        "type": kind,
        "product_id": rng.randint(1, 500),
    }
    return {**event, "variant_id": 1, "quantity": rng.randint(1, 5)} if kind in WITH_QUANTITY else event


def _uuid7(at: datetime, *, rng: random.Random) -> uuid.UUID:
    milliseconds = int(at.timestamp() * 1_000)
    return uuid.UUID(
        int=milliseconds << 80 | 7 << 76 | rng.getrandbits(12) << 64 | 2 << 62 | rng.getrandbits(62)
    )


def event_counts(batches: list[list[dict[str, Any]]]) -> dict[tuple[str, str, int], int]:
    """Return the number of events by UTC day, type and product."""
    return dict(Counter(_group(event) for event in _flat(batches)))


def _flat(batches: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch


def _group(event: dict[str, Any]) -> tuple[str, str, int]:
    milliseconds = uuid.UUID(event["event_id"]).int >> 80
    day = datetime.fromtimestamp(milliseconds / 1_000, tz=UTC)
    return f"{day:%Y-%m-%d}", event["type"], event["product_id"]
