"""Who carries the database's facts into the warehouse.

Each reads the present rows of what changed and writes them whole: a row written twice, or again by a reader
who was slower, is replaced by the one that was read last.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from analytics_pipeline import ingest
from analytics_pipeline.warehouse import microseconds
from backend.analytics import order_events, projections
from backend.engines.warehouse import Migrated
from backend.orders.models import Movement
from backend.outbox.subscribers import Change


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """Writes the movements of orders that changed, and movements that belong to no order."""

    target: Migrated
    name: str = "order-facts"
    topics: frozenset[str] = frozenset({"order", "movement"})
    quiet_seconds: float = 0
    # About 25,000 movements at once where an order has 26 lines.
    batch_size: int = 1_000

    def handle(self, changes: Sequence[Change]) -> None:
        """Write every movement of these orders, these movements, and their sales as events too."""
        version = microseconds(timezone.now())
        wanted = Q(order__in=_keys(changes, "order")) | Q(pk__in=_keys(changes, "movement"))
        columns = projections.order_facts(Movement.objects.filter(wanted), version=version)
        warehouse = self.target.warehouse()
        warehouse.insert("order_facts", columns)
        ingest.load(warehouse, order_events.of_facts(columns))


@dataclass(frozen=True, slots=True)
class Products:
    """Writes the products that changed."""

    target: Migrated
    name: str = "warehouse-products"
    topics: frozenset[str] = frozenset({"product"})
    quiet_seconds: float = 1
    batch_size: int = 5_000

    def handle(self, changes: Sequence[Change]) -> None:
        """Write these products as they are now."""
        version = microseconds(timezone.now())
        columns = projections.products(_keys(changes, "product"), version=version)
        self.target.warehouse().insert("products", columns)


@dataclass(frozen=True, slots=True)
class ShopperLinks:
    """Writes which guest turned out to be which shopper."""

    target: Migrated
    name: str = "shopper-links"
    topics: frozenset[str] = frozenset({"shopper_linked"})
    quiet_seconds: float = 0
    batch_size: int = 5_000

    def handle(self, changes: Sequence[Change]) -> None:
        """Write these links."""
        columns = projections.shopper_links(_keys(changes, "shopper_linked"))
        self.target.warehouse().insert("shopper_links", columns)


def _keys(changes: Sequence[Change], topic: str) -> list[int]:
    return [int(change.key) for change in changes if change.topic == topic]
