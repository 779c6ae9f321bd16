"""The kinds of messages about orders: to the customer, or to the guest at the order's address.

Each fact is a message of its own, because a customer expects one for each step, and the messages about an
order are sent in the order of its facts.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.db.models import QuerySet

from backend.accounts.models import User
from backend.api.money import written
from backend.notifications.guests import order_link
from backend.notifications.links import product_url
from backend.notifications.messages import Attachment, Channel, Lines
from backend.notifications.models import NotificationKind
from backend.orders.fulfilment_models import ReturnStep, Shipment
from backend.orders.models import Order, OrderItem, OrderStatus, OrderStatusHistory
from backend.outbox.topics import Topic
from backend.payments.models import EventKind, PaymentEvent

ITEMS_SHOWN = 50
PLACED_WAITS = timedelta(seconds=30)


class OrderKind:
    """A kind of message about an order.

    `in_sequence` says whether it waits for the earlier messages about the order.
    """

    kind: ClassVar[NotificationKind]
    topic: ClassVar[Topic]
    collects_for: ClassVar[timedelta] = timedelta(0)
    in_sequence: ClassVar[bool] = True

    @property
    def channels(self) -> frozenset[str]:
        """Return e-mail, and the inbox, which guests don't have."""
        return frozenset({"email", "inbox"})

    def orders(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the order's id by the fact's key, for the facts that need a message."""
        raise NotImplementedError

    def wait(self, key: int) -> timedelta:
        """Return how long after the fact it is sent."""
        return self.collects_for

    def address(self, user: User, *, keys: Collection[int], channel: Channel) -> str:
        """Return the account's address in the channel."""
        return channel.address_of(user)

    def recipients(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the customers; orders of guests have none."""
        orders = self.orders(keys)
        users = dict(
            Order.objects.filter(pk__in=orders.values(), user__isnull=False).values_list("pk", "user_id")
        )
        return {key: users[order] for key, order in orders.items() if order in users}

    def wanted_despite(self, keys: Collection[int], *, unsubscribed_at: datetime) -> list[int]:
        """Return none: customers don't request single messages."""
        return []

    def lines(self, keys: Collection[int]) -> Lines:
        """Return what the templates show, one line for the fact."""
        raise NotImplementedError

    def attachments(self, keys: Collection[int]) -> Sequence[Attachment]:
        """Return none."""
        return ()


class OrderStepKind(OrderKind):
    """An order was placed, confirmed, cancelled or delivered.

    An order that is paid at once is confirmed within seconds, so that the message about its placing waits for
    PLACED_WAITS, and is omitted if another step followed.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.ORDER_STEP
    topic: ClassVar[Topic] = Topic.ORDER_STEP
    told: ClassVar[tuple[OrderStatus, ...]] = (
        OrderStatus.PENDING,
        OrderStatus.CONFIRMED,
        OrderStatus.CANCELLED,
        OrderStatus.DELIVERED,
    )

    def wait(self, key: int) -> timedelta:
        """Return PLACED_WAITS for a placing."""
        placed = OrderStatusHistory.objects.filter(pk=key, status=OrderStatus.PENDING).exists()
        return PLACED_WAITS if placed else timedelta(0)

    def orders(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the orders of the steps that are told, without placings that another step followed."""
        return {step.pk: step.order_id for step in self._steps(keys)}

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the step, unless it is a placing that another step followed."""
        return [
            {**_of_order(step.order), "status": step.status, "status_label": step.get_status_display()}
            for step in self._steps(keys)
        ]

    def _steps(self, keys: Collection[int]) -> list[OrderStatusHistory]:
        rows = OrderStatusHistory.objects.filter(pk__in=keys, status__in=self.told)
        steps = list(rows.select_related("order").order_by("pk"))
        placed = [step.order_id for step in steps if step.status == OrderStatus.PENDING]
        last = dict(
            OrderStatusHistory.objects.filter(order__in=placed).order_by("pk").values_list("order", "pk")
        )
        return [
            step for step in steps if step.status != OrderStatus.PENDING or last[step.order_id] == step.pk
        ]


class ShipmentKind(OrderKind):
    """A parcel left the shop."""

    kind: ClassVar[NotificationKind] = NotificationKind.SHIPMENT
    topic: ClassVar[Topic] = Topic.SHIPMENT

    def orders(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the orders of the parcels."""
        return dict(Shipment.objects.filter(pk__in=keys).values_list("pk", "order_id"))

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the parcel with its carrier, its tracking number and its units."""
        parcels = Shipment.objects.filter(pk__in=keys).select_related("order")
        return [
            {
                **_of_order(parcel.order, with_items=False),
                "parcel": parcel.number,
                "carrier": parcel.carrier,
                "tracking_number": parcel.tracking_number,
                "items": _items((row.item, row.quantity) for row in parcel.items.select_related("item")),
            }
            for parcel in parcels.order_by("pk")
        ]


class ReturnStepKind(OrderKind):
    """A return was requested, approved, rejected, withdrawn, received or refunded."""

    kind: ClassVar[NotificationKind] = NotificationKind.RETURN_STEP
    topic: ClassVar[Topic] = Topic.RETURN_STEP

    def orders(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the orders of the returns."""
        return dict(ReturnStep.objects.filter(pk__in=keys).values_list("pk", "return_request__order_id"))

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the step of the return, with its units."""
        steps = ReturnStep.objects.filter(pk__in=keys).select_related("return_request__order")
        return [
            {
                **_of_order(step.return_request.order, with_items=False),
                "return_number": step.return_request.number,
                "status": step.status,
                "status_label": step.get_status_display(),
                "items": _items(
                    (row.item, row.quantity) for row in step.return_request.items.select_related("item")
                ),
            }
            for step in steps.order_by("pk")
        ]


class PaymentKind(OrderKind):
    """An event of an order's payment; one that contradicts the payment is not told."""

    topic: ClassVar[Topic] = Topic.PAYMENT_EVENT
    event: ClassVar[EventKind]

    def orders(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the orders of the payments."""
        events = self._events(keys)
        numbers = {event.payment.order_number for event in events}
        orders = dict(Order.objects.filter(order_number__in=numbers).values_list("order_number", "pk"))
        return {
            event.pk: orders[event.payment.order_number]
            for event in events
            if event.payment.order_number in orders
        }

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the amount, and the order."""
        events = self._events(keys)
        orders = {
            order.order_number: order
            for order in self._orders().filter(
                order_number__in=[event.payment.order_number for event in events]
            )
        }
        return [
            {
                **_of_order(orders[event.payment.order_number], with_items=False),
                "amount": written(event.amount, currency=event.currency),
                "currency": event.currency,
            }
            for event in events
            if event.payment.order_number in orders
        ]

    def _events(self, keys: Collection[int]) -> list[PaymentEvent]:
        events = PaymentEvent.objects.filter(pk__in=keys, kind=self.event, problem="")
        return list(events.select_related("payment").order_by("pk"))

    def _orders(self) -> QuerySet[Order]:
        return Order.objects.all()


class RefundKind(PaymentKind):
    """Money was refunded."""

    kind: ClassVar[NotificationKind] = NotificationKind.REFUND
    event: ClassVar[EventKind] = EventKind.REFUNDED


class PaymentFailedKind(PaymentKind):
    """A payment was declined; nothing is told if the order was paid otherwise or cancelled meanwhile."""

    kind: ClassVar[NotificationKind] = NotificationKind.PAYMENT_FAILED
    event: ClassVar[EventKind] = EventKind.DECLINED

    def _orders(self) -> QuerySet[Order]:
        return Order.objects.filter(status=OrderStatus.PENDING)


class ReviewRequestKind(OrderKind):
    """A customer is asked, once an order, to review what was delivered.

    It is sent REVIEW_REQUEST_AFTER after the first delivery of the whole order, and doesn't hold up other
    messages meanwhile.
    """

    kind: ClassVar[NotificationKind] = NotificationKind.REVIEW_REQUEST
    topic: ClassVar[Topic] = Topic.ORDER_STEP
    in_sequence: ClassVar[bool] = False

    def wait(self, key: int) -> timedelta:
        """Return the shop's setting."""
        after: timedelta = settings.REVIEW_REQUEST_AFTER
        return after

    def orders(self, keys: Collection[int]) -> Mapping[int, int]:
        """Return the orders that were delivered for the first time; none if REVIEW_REQUEST_AFTER is 0."""
        if not settings.REVIEW_REQUEST_AFTER:
            return {}
        delivered = OrderStatusHistory.objects.filter(status=OrderStatus.DELIVERED)
        orders = dict(delivered.filter(pk__in=keys).values_list("pk", "order_id"))
        # The last assignment of each order is its first delivery.
        first = dict(
            delivered.filter(order__in=orders.values()).order_by("-pk").values_list("order_id", "pk")
        )
        return {key: order for key, order in orders.items() if first[order] == key}

    def lines(self, keys: Collection[int]) -> Lines:
        """Return the products of which the customer has units, if there are any."""
        found = []
        for step in OrderStatusHistory.objects.filter(pk__in=keys).select_related("order"):
            items = step.order.items.select_related("product").filter(product__deleted_at=None)
            kept = [item for item in items if item.delivered > item.returned]
            products = {item.product_id: item.product for item in kept}
            if products:
                shown = [
                    {"title": product.title, "url": product_url(product)} for product in products.values()
                ]
                found.append({**_of_order(step.order, with_items=False), "items": shown[:ITEMS_SHOWN]})
        return found


def _of_order(order: Order, *, with_items: bool = True) -> dict[str, object]:
    line: dict[str, object] = {
        "customer_name": order.customer_name,
        "order_number": order.order_number,
        "order_url": order_link(order),
        "total": _written(order.total_amount, order),
        "currency": order.currency,
    }
    if with_items:
        line["items"] = _items((item, item.quantity) for item in order.items.all())
    return line


def _written(amount: Decimal, order: Order) -> str:
    return written(amount, currency=order.currency)


def _items(units: Iterable[tuple[OrderItem, int]]) -> list[dict[str, object]]:
    shown = [
        {
            "title": item.product_snapshot.get("title", ""),
            "variant": item.product_snapshot.get("variant", ""),
            "quantity": quantity,
        }
        for item, quantity in units
    ]
    return shown[:ITEMS_SHOWN]


ORDER_KINDS: Sequence[OrderKind] = (
    OrderStepKind(),
    ShipmentKind(),
    ReturnStepKind(),
    RefundKind(),
    PaymentFailedKind(),
    ReviewRequestKind(),
)
