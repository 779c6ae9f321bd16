"""The kind of messages about lower prices of what customers wish for."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import ClassVar

from backend.api.money import written
from backend.notifications.addressing import SentToAccount
from backend.notifications.links import product_url
from backend.notifications.messages import Lines
from backend.notifications.models import NotificationKind
from backend.outbox.topics import Topic
from backend.wish_lists.models import PriceDrop
from backend.wish_lists.watching import Wish, wished_prices


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
        """Return the wishes that still cost so little, each with the lowest price that was found."""
        rows = PriceDrop.objects.filter(pk__in=keys).select_related("product", "variant").order_by("pk")
        # A later fact is of a lower price; the same product can be in two lists.
        lowest = {_wish(fact): fact for fact in rows}
        prices = wished_prices(
            {wish.user_id for wish in lowest}, product_ids={wish.product_id for wish in lowest}
        )
        return [
            _line(fact) for wish, fact in lowest.items() if wish in prices and prices[wish] <= fact.new_price
        ]


def _wish(fact: PriceDrop) -> Wish:
    return Wish(fact.user_id, fact.product_id, fact.variant_id, fact.currency)


def _line(fact: PriceDrop) -> dict[str, object]:
    return {
        "title": fact.product.title,
        "variant": "" if fact.variant is None else fact.variant.name,
        "url": product_url(fact.product),
        "price": written(fact.new_price, currency=fact.currency),
        "known_price": written(fact.known_price, currency=fact.currency),
        "currency": fact.currency,
    }
