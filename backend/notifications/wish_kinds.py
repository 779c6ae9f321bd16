"""The kind of messages about lower prices of what customers wish for."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from backend.api.money import written
from backend.notifications.addressing import SentToAccount
from backend.notifications.links import product_url
from backend.notifications.messages import Lines
from backend.notifications.models import NotificationKind
from backend.outbox.topics import Topic
from backend.wish_lists.models import PriceDrop


class PriceDropKind(SentToAccount):
    """Products of a customer's wish lists cost less than the customer was told.

    A promotion lowers many prices within seconds, which become one message.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.PRICE_DROP
    topic: ClassVar[Topic] = Topic.PRICE_DROP
    collects_for: ClassVar[timedelta] = timedelta(seconds=60)

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the customers."""
        return dict(PriceDrop.objects.filter(pk__in=keys).values_list("pk", "user_id"))

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return none: customers don't ask for single messages."""
        return []

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the products that still cost so little, each with the lowest price that was found."""
        facts = PriceDrop.objects.filter(pk__in=keys, product__deleted_at=None, product__is_active=True)
        lowest: dict[tuple[int, int | None], PriceDrop] = {}
        for fact in facts.select_related("product", "variant").order_by("pk"):
            # A later fact is of a lower price; the same product can be in two lists.
            lowest[(fact.product_id, fact.variant_id)] = fact
        return [_line(fact) for fact in lowest.values() if _price_now(fact) <= fact.new_price]


def _price_now(fact: PriceDrop) -> Decimal:
    return fact.product.sale_price if fact.variant is None else fact.variant.sale_price


def _line(fact: PriceDrop) -> dict[str, object]:
    return {
        "title": fact.product.title,
        "variant": "" if fact.variant is None else fact.variant.name,
        "url": product_url(fact.product),
        "price": written(fact.new_price, currency=fact.currency),
        "known_price": written(fact.known_price, currency=fact.currency),
        "currency": fact.currency,
    }
