"""Display prices in tests: a clock, and a subscriber that receives the messages of the outbox."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from backend.catalog.models import Product, Variant
from backend.outbox.models import Message
from backend.outbox.scheduling import publish_due
from backend.outbox.subscribers import Notice
from backend.outbox.topics import BY_VALUE
from backend.promotions.subscribers import DisplayPrices
from tests.backend.shop import NOW


@dataclass
class Moments:
    """The time of a shop, and the position up to which its display prices are computed."""

    at: datetime = NOW
    seen: int = 0

    def clock(self) -> datetime:
        return self.at

    def settle(self, *, minutes: float | None = None) -> int:
        """Move the clock to a moment after NOW, and handle all messages; return the number of batches."""
        if minutes is not None:
            self.at = NOW + timedelta(minutes=minutes)
        publish_due(now=self.at)
        subscriber = DisplayPrices(clock=self.clock)
        batches = 0
        while rows := list(Message.objects.filter(pk__gt=self.seen).order_by("pk")):
            self.seen = rows[-1].pk
            found = dict.fromkeys(Notice(BY_VALUE[row.topic], row.key) for row in rows)
            if notices := [notice for notice in found if notice.topic in subscriber.topics]:
                subscriber.handle(notices)
                batches += 1
        return batches


def shown(row: Variant | Product) -> Any:
    """Return the stored display price."""
    return type(row).objects.values_list("sale_price", flat=True).get(pk=row.pk)
