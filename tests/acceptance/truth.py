"""What has to be in a shop after certain files and events went in, computed with the standard library alone."""

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
NUMBERED = {"cart_add", "cart_remove"}


@dataclass
class Month:
    """A month's sales and returns, in cents."""

    units: int = 0
    gross: int = 0
    returns: int = 0
    orders: set[str] = field(default_factory=set)

    def row(self, period: str) -> dict[str, Any]:
        """The month as a report should say it."""
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
    """Write so many products in the shop's own CSV format."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["sku", "title", "price", "category", "stock"])
        for number in range(products):
            kind, thing = KINDS[number % 8], THINGS[number // 8 % 8]
            price = Decimal(number % 5_000 + 100) / 100
            writer.writerow([f"P{number}", f"{kind} {thing} no {number}", price, f"{thing}s > {kind}", 10])


def write_orders(path: Path, *, orders: int, products: int) -> list[dict[str, Any]]:
    """Write so many orders and some returns; return the report's rows by month."""
    chance = random.Random(20240101)
    months: dict[str, Month] = {}
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["order", "placed_at", "sku", "quantity", "unit_price", "customer"])
        for number in range(orders):
            at = FIRST_DAY + timedelta(minutes=chance.randrange(DAYS * 24 * 60))
            month = months.setdefault(f"{at:%Y-%m}", Month())
            customer = f"C{chance.randrange(500)}" if chance.random() < 0.7 else ""
            for _ in range(chance.randint(1, 4)):
                cents, units = chance.randint(99, 9_999), chance.randint(1, 6)
                sku, price = f"P{chance.randrange(products)}", Decimal(cents) / 100
                writer.writerow([f"O{number}", at.isoformat(), sku, units, price, customer])
                month.units += units
                month.gross += cents * units
                month.orders.add(f"O{number}")
                if chance.random() < 0.05:
                    writer.writerow([f"R{number}", at.isoformat(), sku, -units, price, customer])
                    month.returns += cents * units
    return [months[period].row(period) for period in sorted(months)]


def event_batches(*, batches: int, size: int, now: datetime) -> list[list[dict[str, Any]]]:
    """Return events of the last five days, each with an id of its own."""
    chance = random.Random(7)
    return [[_event(chance, now=now) for _ in range(size)] for _ in range(batches)]


def _event(chance: random.Random, *, now: datetime) -> dict[str, Any]:
    at = now - timedelta(seconds=chance.uniform(0, 5 * 24 * 3600))
    kind = chance.choice(EVENT_TYPES)
    event = {
        "event_id": str(_uuid7(at, chance=chance)),
        "type": kind,
        "product_id": chance.randint(1, 500),
    }
    return {**event, "variant_id": 1, "quantity": chance.randint(1, 5)} if kind in NUMBERED else event


def _uuid7(at: datetime, *, chance: random.Random) -> uuid.UUID:
    milliseconds = int(at.timestamp() * 1_000)
    return uuid.UUID(
        int=milliseconds << 80 | 7 << 76 | chance.getrandbits(12) << 64 | 2 << 62 | chance.getrandbits(62)
    )


def counted(batches: list[list[dict[str, Any]]]) -> dict[tuple[str, str, int], int]:
    """Return how many events there are of each UTC day, type and product."""
    return dict(Counter(_place(event) for event in _flat(batches)))


def _flat(batches: list[list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch


def _place(event: dict[str, Any]) -> tuple[str, str, int]:
    milliseconds = uuid.UUID(event["event_id"]).int >> 80
    day = datetime.fromtimestamp(milliseconds / 1_000, tz=UTC)
    return f"{day:%Y-%m-%d}", event["type"], event["product_id"]
