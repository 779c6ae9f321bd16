"""The outbox subscriber of promotions."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.promotions.display_prices import Clock, promotion_changed, refresh_products


@dataclass(frozen=True, slots=True)
class DisplayPrices:
    """Computes display prices when products change, and when promotions change, begin, end or sell out."""

    clock: Clock
    name: ClassVar[str] = "promotions.display_prices"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.PRODUCT, Topic.PROMOTION, Topic.DISPLAY_PRICE})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.5
    batch_size: ClassVar[int] = 200

    def handle(self, notices: Sequence[Notice]) -> None:
        """Publish the products of the promotions, then compute the prices of the products."""
        for notice in notices:
            if notice.topic is Topic.PROMOTION:
                promotion_changed(int(notice.key), now=self.clock())
        products = {int(notice.key) for notice in notices if notice.topic is not Topic.PROMOTION}
        if products:
            refresh_products(products, clock=self.clock)
