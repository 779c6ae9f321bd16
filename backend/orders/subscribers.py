"""The orders' subscriber of the outbox."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backend.audit.actors import Actor
from backend.orders.settlement import settle_number
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.payments.models import PaymentEvent

BY = Actor.system("settlement")


@dataclass(frozen=True, slots=True)
class Settlement:
    """Settles the orders whose payments had an event."""

    clock: Callable[[], datetime]

    name: ClassVar[str] = "orders.settlement"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.PAYMENT_EVENT})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 50

    def handle(self, notices: Sequence[Notice]) -> None:
        """Settle each order once, in a transaction of its own; a repetition changes nothing."""
        events = PaymentEvent.objects.filter(pk__in=[int(notice.key) for notice in notices])
        numbers = events.order_by("pk").values_list("payment__order_number", flat=True)
        for number in dict.fromkeys(numbers):
            settle_number(number, by=BY, now=self.clock())
