"""Inventory's subscriber of the outbox."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backend.inventory.alerts import compare_levels
from backend.inventory.back_in_stock import notify_subscribers
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic


@dataclass(frozen=True, slots=True)
class StockAlerts:
    """Compares the stock of changed products with thresholds and with back-in-stock subscriptions."""

    clock: Callable[[], datetime]

    name: ClassVar[str] = "inventory.stock_alerts"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.PRODUCT})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 200

    def handle(self, notices: Sequence[Notice]) -> None:
        """Record the changes of levels, and notify the subscribers of available variants."""
        product_ids = [int(notice.key) for notice in notices]
        compare_levels(product_ids, now=self.clock())
        notify_subscribers(product_ids, now=self.clock())
