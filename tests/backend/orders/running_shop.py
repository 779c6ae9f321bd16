"""A shop for stateful tests, which advance its clock, deliver its messages and call its gateway in any order."""

import sys
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from backend.api.owners import Owner
from backend.api.rows import last_rows
from backend.carts.models import CartItem
from backend.catalog.models import Variant
from backend.orders.checkout import Purchase, place_order
from backend.orders.holds import expire_orders
from backend.orders.models import Order
from backend.orders.pricing import tariff
from backend.orders.subscribers import Settlement
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import BY_VALUE, Topic
from backend.payments import gateways
from backend.payments.gateways.simulated import SIGNATURE_HEADER, SimulatedGateway, Webhook, signature_of
from backend.payments.models import PaymentRequest
from backend.payments.performing import due, perform
from backend.payments.subscribers import PaymentRequests
from backend.payments.webhooks import receive
from backend.shipping.models import ShippingMethod
from backend.taxes.models import TaxRate
from tests.backend import shop
from tests.backend.machine import ShopMachine
from tests.backend.orders.bank import Bank, Fate
from tests.backend.orders.invariants import PLACES
from tests.backend.orders.steps import ADDRESS
from tests.backend.shop import SYSTEM

WHICH = st.integers(0, 5)
TIMES = st.sampled_from([timedelta(seconds=10), timedelta(minutes=10), timedelta(hours=2), timedelta(days=3)])
PRICES = [(333, "standard"), (1_999, "reduced"), (1, "none"), (2_850, "standard"), (0, "standard")]
"""Prices in minor units, with tax classes."""
FATES = st.sampled_from([Fate.NORMAL, Fate.NORMAL, Fate.NORMAL, Fate.DOWN, Fate.LOST, Fate.REFUSED])
ROUNDS = 60
"""More rounds than the requests of an order can take, attempts included."""


class RunningShop(ShopMachine):
    """The rules of the clock, the relay and the bank; `finish` is called at the end of an example that passed."""

    def __init__(self) -> None:
        super().__init__()
        self.bank = Bank(SimulatedGateway(self.send))
        self.replaced = gateways.replace("test", self.bank)
        self.webhooks: list[Webhook] = []
        self.webhook_first = False
        self.read: set[int] = set()
        self.queued: list[UUID] = []

    def teardown(self) -> None:
        try:
            if sys.exc_info()[0] is None:
                self.finish()
        finally:
            gateways.forget("test")
            if self.replaced is not None:
                gateways.replace("test", self.replaced)
            super().teardown()

    def finish(self) -> None:
        """Check the end of the example."""

    @rule(time=TIMES)
    def let_time_pass(self, time: timedelta) -> None:
        self.later(time)

    @rule()
    def let_unpaid_orders_expire(self) -> None:
        expire_orders(by=SYSTEM, now=self.later())
        assert not orders("PENDING").filter(expires_at__lte=self.now).exists()

    @precondition(lambda self: self.unread())
    @rule(which=WHICH, crash=st.booleans())
    def deliver_a_message(self, which: int, crash: bool) -> None:
        """Deliver any unread message; it stays unread if the relay dies afterwards."""
        messages = self.unread()
        self.handle(messages[which % len(messages)])
        if not crash:
            self.read.add(messages[which % len(messages)].pk)

    @precondition(lambda self: self.read)
    @rule(which=WHICH)
    def deliver_a_message_again(self, which: int) -> None:
        pk = sorted(self.read, reverse=True)[which % len(self.read)]
        self.handle(Message.objects.get(pk=pk))

    @rule()
    def deliver_all_messages(self) -> None:
        for message in self.unread():
            self.handle(message)
            self.read.add(message.pk)

    def unread(self) -> list[Message]:
        topics = (Topic.PAYMENT_EVENT, Topic.PAYMENT_REQUEST)
        return list(Message.objects.filter(topic__in=topics).exclude(pk__in=self.read).order_by("pk"))

    def handle(self, message: Message) -> None:
        notice = Notice(topic=BY_VALUE[message.topic], key=message.key)
        if message.topic == Topic.PAYMENT_REQUEST:
            PaymentRequests(lambda key: self.queued.append(UUID(key))).handle([notice])
        else:
            Settlement(clock=self.later).handle([notice])

    @precondition(lambda self: self.queued)
    @rule(which=WHICH, fate=FATES, webhook_first=st.booleans(), again=st.booleans())
    def perform_a_request(self, which: int, fate: Fate, webhook_first: bool, again: bool) -> None:
        request_id = self.queued[-1 - which % len(self.queued)]
        self.perform(request_id, fate=fate, webhook_first=webhook_first)
        if again:
            self.perform(request_id, fate=Fate.NORMAL, webhook_first=webhook_first)

    @rule(fate=FATES)
    def run_the_sweep(self, fate: Fate) -> None:
        for request_id in due(now=self.now, limit=100):
            self.perform(request_id, fate=fate)

    @rule()
    def run_everything_once(self) -> None:
        self.deliver_all_messages()
        self.run_the_sweep(Fate.NORMAL)
        self.deliver_all_messages()

    def perform(self, request_id: UUID, *, fate: Fate = Fate.NORMAL, webhook_first: bool = True) -> None:
        self.bank.fate, self.webhook_first = fate, webhook_first
        perform(request_id, clock=self.later)
        self.bank.fate, self.webhook_first = Fate.NORMAL, False

    def send(self, webhook: Webhook, after: timedelta) -> None:
        """Keep the webhook, which is delivered now, later, or both."""
        self.webhooks.append(webhook)
        if self.webhook_first and not after:
            self.receive(webhook)

    def receive(self, webhook: Webhook) -> None:
        """Receive the webhook, signed again as gateways do."""
        signature = signature_of(webhook.body, now=self.now)
        headers = {SIGNATURE_HEADER: f"t={int(self.now.timestamp())},v1={signature}"}
        receive("test", body=webhook.body, headers=headers, now=self.now)

    @precondition(lambda self: self.webhooks)
    @rule(which=WHICH)
    def receive_a_webhook(self, which: int) -> None:
        self.receive(self.webhooks[-1 - which % len(self.webhooks)])

    def settle_everything(self) -> None:
        for _ in range(ROUNDS):
            before = self.progress()
            self.deliver_all_messages()
            for request_id in due(now=self.now, limit=100):
                self.perform(request_id)
            for webhook in self.webhooks:
                self.receive(webhook)
            self.later(timedelta(hours=1))
            if self.progress() == before and not PaymentRequest.objects.filter(state="PENDING").exists():
                return
        raise AssertionError("the shop keeps asking the gateway")

    def progress(self) -> tuple[int, ...]:
        return (Message.objects.count(), len(self.read), PaymentRequest.objects.count())


def open_shop() -> None:
    """Store what all examples have: products with several prices and tax classes in each currency."""
    for tax_class, rate in (("standard", "8.875"), ("reduced", "5.5"), ("none", "0")):
        TaxRate.objects.create(country="US", tax_class=tax_class, rate=Decimal(rate))
    sellers = [shop.seller(), shop.seller()]
    for currency in PLACES:
        parcel = {"price": amount(499, currency), "price_per_kg": amount(117, currency)}
        free_from = amount(9_000, currency)
        rows = {"currency": currency}
        ShippingMethod.objects.create(code=f"parcel-{currency}", free_from=free_from, **parcel, **rows)
        ShippingMethod.objects.create(
            code=f"express-{currency}", price=amount(1_250, currency), tax_class="reduced", **rows
        )
        for index, (price, tax_class) in enumerate(PRICES):
            shop.variant(
                price=str(amount(price, currency)),
                tax_class=tax_class,
                stock=6,
                sold_by=sellers[index % 2],
                currency=currency,
            )
    Variant.objects.update(weight_grams=700)
    for _ in range(2):
        shop.customer()


def amount(minor_units: int, currency: str) -> Decimal:
    return Decimal(minor_units).scaleb(-PLACES[currency])


def place(owner: Owner, *, now: datetime, **options: Any) -> None:
    purchase = Purchase(
        owner=owner, tariff=tariff(), email="guest@shop.example", shipping_address=ADDRESS, **options
    )
    with last_rows() as rows:
        place_order(purchase, by=SYSTEM, now=now, last_rows=rows)


def orders(*statuses: str) -> QuerySet[Order]:
    return Order.objects.filter(status__in=statuses).order_by("-pk")


def units_in_cart(owner: Owner) -> dict[int, int]:
    rows = CartItem.objects.filter(**{f"cart__{name}": value for name, value in owner.columns().items()})
    return dict(rows.values_list("variant_id", "quantity"))
