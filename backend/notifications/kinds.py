"""The kinds of messages: their facts, their recipients, and what their templates show."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar, Protocol

from backend.accounts.models import User
from backend.catalog.models import Variant
from backend.inventory.models import BackInStock, StockAlert, StockLevel
from backend.notifications.account_kinds import (
    EmailVerificationKind,
    OneTimePasswordKind,
    SecurityNoticeKind,
)
from backend.notifications.additions import added
from backend.notifications.addressing import AlsoInInbox, SentToVerifiedAddress
from backend.notifications.cart_reminders import left_items
from backend.notifications.links import product_url
from backend.notifications.messages import Attachment, Channel, Lines
from backend.notifications.models import CartReminder, NotificationKind
from backend.notifications.order_kinds import ORDER_KINDS
from backend.notifications.wish_kinds import PriceDropKind
from backend.outbox.topics import Topic

LINES_SHOWN = 50


class KindDefinition(Protocol):
    """The recipients and contents of a kind of message; templates are in `templates/notifications/<kind>`."""

    kind: ClassVar[NotificationKind]
    topic: ClassVar[Topic]
    collects_for: ClassVar[timedelta]
    """How long a delivery waits for further facts after the first."""

    @property
    def channels(self) -> frozenset[str]:
        """Return the names of the channels that it is sent over."""

    def address(self, user: User, *, keys: Collection[int], channel: Channel) -> str:
        """Return where it is sent to, or an empty text if it can't be sent over the channel."""

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the recipient's id by the fact's key, for the facts that need a message."""

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return the facts that a user who unsubscribed from the kind asked for afterwards."""

    def lines(self, keys: Collection[int]) -> Lines:
        """Return what the templates show, a line for each thing that the message is about."""

    def attachments(self, keys: Collection[int]) -> Sequence[Attachment]:
        """Return the files that are sent with it."""


class StockAlertKind(AlsoInInbox):
    """A seller's variants became low or sold out.

    One import or one large order can cause hundreds of alerts, so they are collected for a minute from the
    first. The minute isn't extended by later ones, or a busy shop would never send.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.STOCK_ALERT
    topic: ClassVar[Topic] = Topic.STOCK_ALERT
    collects_for: ClassVar[timedelta] = timedelta(seconds=60)

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the sellers of variants that are low or sold out."""
        alerts = StockAlert.objects.filter(pk__in=keys, level__in=[StockLevel.LOW, StockLevel.OUT])
        return dict(alerts.values_list("pk", "variant__product__seller_id"))

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return none: users don't request single alerts."""
        return []

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the last alert of each variant; what is sold out comes first."""
        alerts = StockAlert.objects.filter(pk__in=keys).select_related("variant__product").order_by("pk")
        last = {alert.variant_id: alert for alert in alerts}
        found = sorted(last.values(), key=lambda alert: (alert.available > 0, alert.variant.sku))
        return [
            {**_of_variant(alert.variant), "available": alert.available, "threshold": alert.threshold}
            for alert in found
        ]


class BackInStockKind(AlsoInInbox):
    """Variants that a customer subscribed to are available.

    Receiving several products restocks many variants within seconds, which become one message. The time is
    short, because units may be sold meanwhile.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.BACK_IN_STOCK
    topic: ClassVar[Topic] = Topic.BACK_IN_STOCK
    collects_for: ClassVar[timedelta] = timedelta(seconds=10)

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the subscribers."""
        return dict(BackInStock.objects.filter(pk__in=keys).values_list("pk", "user_id"))

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return the facts whose subscription is newer: subscribing asks for one message."""
        newer = BackInStock.objects.filter(pk__in=keys, subscribed_at__gt=unsubscribed_at)
        return list(newer.values_list("pk", flat=True))

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the variants."""
        facts = BackInStock.objects.filter(pk__in=keys, variant__product__deleted_at=None)
        variants = Variant.objects.filter(pk__in=facts.values("variant")).select_related("product")
        return [_of_variant(variant) for variant in variants.order_by("product__title", "pk")]


def _of_variant(variant: Variant) -> dict[str, object]:
    return {
        "title": variant.product.title,
        "variant": variant.name,
        "sku": variant.sku,
        "url": product_url(variant.product),
    }


class CartLeftKind(SentToVerifiedAddress):
    """A customer left products in the cart; nothing is sent if the cart was changed or ordered meanwhile."""

    kind: ClassVar[NotificationKind] = NotificationKind.CART_LEFT
    topic: ClassVar[Topic] = Topic.CART_LEFT
    collects_for: ClassVar[timedelta] = timedelta(0)

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the customers."""
        return dict(CartReminder.objects.filter(pk__in=keys).values_list("pk", "user_id"))

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return none: customers don't request reminders."""
        return []

    def lines(self, keys: Collection[int]) -> Lines:
        """Return what is in the cart, if the customer still consents."""
        return [_of_variant(item.variant) | {"quantity": item.quantity} for item in left_items(keys)]


_OWN: Sequence[KindDefinition] = (
    StockAlertKind(),
    BackInStockKind(),
    CartLeftKind(),
    PriceDropKind(),
    OneTimePasswordKind(),
    EmailVerificationKind(),
    SecurityNoticeKind(),
)
_OF_USERS: Sequence[KindDefinition] = (*_OWN, *added())
KINDS: Mapping[NotificationKind, KindDefinition] = {each.kind: each for each in (*_OF_USERS, *ORDER_KINDS)}
BY_TOPIC: Mapping[Topic, KindDefinition] = {each.topic: each for each in _OF_USERS}
"""The kinds of messages to users; those about orders are in ORDER_KINDS."""
