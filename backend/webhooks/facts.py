"""Which topics make events, and by which functions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from backend.outbox.topics import Topic
from backend.webhooks import catalogue_facts, order_facts
from backend.webhooks.recording import NewEvent
from backend.webhooks.wanted import Wanted

Read = Callable[[Sequence[int], Wanted, datetime], Mapping[int, Sequence[NewEvent]]]


@dataclass(frozen=True, slots=True)
class Reader:
    """A function that returns the events of keys of a topic; `prefixes` are those of their types."""

    prefixes: tuple[str, ...]
    read: Read


READERS: Mapping[Topic, Reader] = {
    Topic.ORDER_STEP: Reader(("order.",), order_facts.of_steps),
    Topic.ORDER: Reader(("shipment.",), order_facts.of_orders),
    Topic.PAYMENT_EVENT: Reader(("payment.", "refund."), order_facts.of_payments),
    Topic.PRODUCT: Reader(("product.",), catalogue_facts.of_products),
    Topic.STOCK_ALERT: Reader(("stock.",), catalogue_facts.of_stock_alerts),
    Topic.PRICE_CHANGED: Reader(("price.",), catalogue_facts.of_prices),
}
