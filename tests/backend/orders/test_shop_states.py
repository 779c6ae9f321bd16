"""Money, stock and statuses agree in any order of actions by shoppers, sellers, staff, gateways and clocks."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test import override_settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from backend.accounts.models import User
from backend.api.owners import Owner, guest_with, new_cart_token
from backend.carts.merging import merge
from backend.carts.models import Cart, CartItem
from backend.carts.services import Claim, add_item
from backend.catalog.models import Variant
from backend.catalog.services import update_product
from backend.inventory.services import Entry, record
from backend.orders import returns
from backend.orders.cancellation import cancel_units
from backend.orders.fulfilment_models import Return, Shipment
from backend.orders.holds import NOTE
from backend.orders.models import Order, OrderItem, PaymentMethod
from backend.orders.refunds import grant_refund
from backend.orders.returns import Condition
from backend.orders.shipments import create_shipment, deliver_all, deliver_shipment, ship_all
from backend.outbox.topics import Topic
from backend.payments import operators
from backend.payments.gateways.simulated import Scenario
from backend.payments.models import EventKind, Payment, PaymentEvent, PaymentRequest
from tests.backend.inventory.invariants import check_stock_and_reservations
from tests.backend.machine import allowed, pick, run
from tests.backend.orders.invariants import PLACES, amount_due, check_orders, check_returns_are_closed
from tests.backend.orders.running_shop import (
    WHICH,
    RunningShop,
    amount,
    open_shop,
    orders,
    place,
    units_in_cart,
)
from tests.backend.shop import SYSTEM

UNITS = st.integers(1, 3)
BUYER = st.integers(0, 3)
CHOICE = st.sampled_from([None, True, False])
CASH = {"payment_method": PaymentMethod.COD}
BY_GATEWAY = st.sampled_from([*Scenario, *[Scenario.APPROVE] * 6]).map(
    lambda scenario: {
        "payment_method": PaymentMethod.TEST,
        "payment_options": {"scenario": scenario.value},
    }
)
OPTIONS = {
    "paid": BY_GATEWAY | st.just(CASH),
    "express": st.booleans(),
    "include_tax": st.booleans(),
    "capture": st.sampled_from(["automatic", "manual"]),
}
PURCHASES = st.fixed_dictionaries({"units": st.dictionaries(WHICH, UNITS, min_size=1, max_size=3), **OPTIONS})
FAILURES = (EventKind.CAPTURE_FAILED, EventKind.VOID_FAILED, EventKind.REFUND_FAILED)


class Shop(RunningShop):
    """What shoppers, sellers and staff do, and what must be right after each step and at the end."""

    @initialize(
        currency=st.sampled_from(sorted(PLACES)), first=PURCHASES, second=PURCHASES, begun=st.booleans()
    )
    def open(self, currency: str, first: dict[str, Any], second: dict[str, Any], begun: bool) -> None:
        self.currency = currency
        self.variants = list(Variant.objects.filter(product__currency=currency).order_by("pk"))
        self.buyers = [
            *(
                Owner(user_id=pk)
                for pk in User.objects.filter(user_type="CUSTOMER").values_list("pk", flat=True)
            ),
            *(guest_with(new_cart_token()) for _ in range(2)),
        ]
        self.buy(0, **first)
        self.buy(2, **second)
        if begun:
            self.run_everything_once()

    # Shoppers

    @rule(buyer=BUYER, which=WHICH, units=UNITS)
    def fill_a_cart(self, buyer: int, which: int, units: int) -> None:
        owner, variant = self.buyers[buyer], self.variants[which % len(self.variants)]
        claim = Claim(exposure_id=None, shopper_key=None, added_at=self.later())
        allowed(lambda: add_item(owner, product_id=None, variant_id=variant.pk, quantity=units, claim=claim))

    @rule(guest=st.integers(2, 3), user=st.integers(0, 1))
    def log_in_with_a_cart(self, guest: int, user: int) -> None:
        both = [units_in_cart(self.buyers[guest]), units_in_cart(self.buyers[user])]
        merge(self.buyers[guest], into=self.buyers[user], now=self.later())
        assert not Cart.objects.filter(guest=self.buyers[guest].guest).exists()
        kept = units_in_cart(self.buyers[user])
        for variant_id, units in kept.items():
            found = [cart.get(variant_id, 0) for cart in both]
            assert max(found) <= units <= sum(found)

    @precondition(lambda self: CartItem.objects.exists())
    @rule(buyer=BUYER, options=st.fixed_dictionaries(OPTIONS))
    def check_out(self, buyer: int, options: dict[str, Any]) -> None:
        owner, now = self.buyers[buyer], self.later()
        method = f"express-{self.currency}" if options["express"] else ""
        with override_settings(PRICES_INCLUDE_TAX=options["include_tax"], PAYMENT_CAPTURE=options["capture"]):
            allowed(lambda: place(owner, now=now, shipping_method=method, **options["paid"]))

    @rule(buyer=BUYER, purchase=PURCHASES)
    def buy_at_once(self, buyer: int, purchase: dict[str, Any]) -> None:
        self.buy(buyer, **purchase)

    def buy(self, buyer: int, *, units: dict[int, int], **options: Any) -> None:
        for which, number in units.items():
            self.fill_a_cart(buyer, which, number)
        self.check_out(buyer, options)

    @precondition(lambda self: self.bank.awaiting)
    @rule(which=WHICH, approved=st.booleans())
    def approve_a_payment(self, which: int, approved: bool) -> None:
        waiting = sorted(self.bank.awaiting)
        self.bank.approve(waiting[which % len(waiting)], approved=approved, deliver=self.send)

    @precondition(lambda self: OrderItem.objects.filter(shipped__gt=0).exists())
    @rule(which=WHICH, units=UNITS, by_staff=st.booleans())
    def request_a_return(self, which: int, units: int, by_staff: bool) -> None:
        item = pick(OrderItem.objects.filter(shipped__gt=0).order_by("-pk"), which)
        allowed(
            lambda: returns.request_return(
                item.order_id,
                units={item.pk: units},
                reasons={},
                within_window=not by_staff,
                by=SYSTEM,
                now=self.later(),
            )
        )

    # Sellers and staff

    @rule(which=WHICH, price=st.integers(0, 3_000), discount=st.sampled_from(["0", "33.3", "100"]))
    def change_a_price(self, which: int, price: int, discount: str) -> None:
        product_id = self.variants[which % len(self.variants)].product_id
        changes = {"price": amount(price, self.currency), "discount_percentage": Decimal(discount)}
        update_product(product_id, changes=changes, by=SYSTEM)

    @rule(which=WHICH, units=st.integers(1, 8), kind=st.sampled_from(["IN", "DAMAGE"]))
    def change_the_stock(self, which: int, units: int, kind: str) -> None:
        variant = self.variants[which % len(self.variants)]
        entry = Entry(variant_id=variant.pk, transaction_type=kind, quantity=units)
        allowed(lambda: record(entry, by=SYSTEM, now=self.later()))

    @precondition(lambda self: orders("CONFIRMED", "PARTIALLY_SHIPPED").exists())
    @rule(which=WHICH, units=UNITS)
    def ship_units(self, which: int, units: int) -> None:
        open_items = OrderItem.objects.filter(
            order__in=orders("CONFIRMED", "PARTIALLY_SHIPPED"), quantity__gt=F("cancelled") + F("shipped")
        )
        item = pick(open_items.order_by("-pk"), which)
        allowed(
            lambda: create_shipment(
                item.order_id,
                units={item.pk: units},
                seller_id=item.seller_id,
                by=SYSTEM,
                now=self.later(),
            )
        )

    @precondition(lambda self: orders("CONFIRMED", "PARTIALLY_SHIPPED").exists())
    @rule(which=WHICH)
    def ship_an_order(self, which: int) -> None:
        order = pick(orders("CONFIRMED", "PARTIALLY_SHIPPED"), which)
        allowed(lambda: ship_all(order.pk, by=SYSTEM, now=self.later()))

    @precondition(lambda self: Shipment.objects.filter(delivered_at=None).exists())
    @rule(which=WHICH, everything=st.booleans())
    def deliver_a_shipment(self, which: int, everything: bool) -> None:
        shipment = pick(Shipment.objects.filter(delivered_at=None).order_by("-pk"), which)
        now = self.later()
        if everything:
            allowed(lambda: deliver_all(shipment.order_id, by=SYSTEM, now=now))
        else:
            allowed(lambda: deliver_shipment(shipment.pk, order_id=shipment.order_id, by=SYSTEM, now=now))

    @precondition(lambda self: Order.objects.exists())
    @rule(which=WHICH, note=st.sampled_from(["", NOTE]))
    def cancel_an_order(self, which: int, note: str) -> None:
        order = pick(Order.objects.order_by("-pk"), which)
        allowed(lambda: cancel_units(order.pk, by=SYSTEM, now=self.later(), note=note))

    @precondition(lambda self: orders("CONFIRMED", "PARTIALLY_SHIPPED").exists())
    @rule(which=WHICH, units=UNITS)
    def cancel_some_units(self, which: int, units: int) -> None:
        items = OrderItem.objects.filter(order__in=orders("CONFIRMED", "PARTIALLY_SHIPPED"))
        item = pick(items.order_by("-pk"), which)
        allowed(lambda: cancel_units(item.order_id, units={item.pk: units}, by=SYSTEM, now=self.later()))

    @precondition(lambda self: OrderItem.objects.filter(shipped__gt=0).exists())
    @rule(which=WHICH, units=UNITS, shipping=CHOICE)
    def take_units_back(self, which: int, units: int, shipping: bool | None) -> None:
        item = pick(OrderItem.objects.filter(shipped__gt=0).order_by("-pk"), which)
        allowed(
            lambda: returns.receive_at_once(
                item.order_id, units={item.pk: units}, refund_shipping=shipping, by=SYSTEM, now=self.later()
            )
        )

    @precondition(lambda self: Order.objects.exclude(status="PENDING").exists())
    @rule(which=WHICH, minor_units=st.none() | st.integers(1, 3_000), shipping=st.booleans())
    def refund_money(self, which: int, minor_units: int | None, shipping: bool) -> None:
        order = pick(Order.objects.exclude(status="PENDING").order_by("-pk"), which)
        allowed(
            lambda: grant_refund(
                order.pk,
                amount=None if minor_units is None else amount(minor_units, self.currency),
                shipping=shipping,
                reason="Sorry.",
                by=SYSTEM,
                now=self.later(),
            )
        )

    @precondition(lambda self: Return.objects.filter(status__in=["REQUESTED", "APPROVED"]).exists())
    @rule(
        which=WHICH,
        step=st.sampled_from([returns.approve, returns.approve, returns.reject, returns.withdraw]),
    )
    def decide_on_a_return(self, which: int, step: Callable[..., Return]) -> None:
        row = pick(Return.objects.filter(status__in=["REQUESTED", "APPROVED"]).order_by("-pk"), which)
        allowed(lambda: step(row.pk, by=SYSTEM, now=self.later()))

    @precondition(lambda self: Return.objects.filter(status="APPROVED").exists())
    @rule(which=WHICH, damaged=UNITS, missing=UNITS, shipping=CHOICE)
    def receive_a_return(self, which: int, damaged: int, missing: int, shipping: bool | None) -> None:
        row = pick(Return.objects.filter(status="APPROVED").order_by("-pk"), which)
        conditions = {}
        for line in row.items.all():
            broken = min(line.quantity, damaged - 1)
            lost = min(line.quantity - broken, missing - 1)
            conditions[line.item_id] = Condition(
                resellable=line.quantity - broken - lost, damaged=broken, missing=lost
            )
        returns.receive(row.pk, conditions=conditions, refund_shipping=shipping, by=SYSTEM, now=self.later())

    @precondition(lambda self: PaymentRequest.objects.filter(state="UNRESOLVED").exists())
    @rule(which=WHICH, again=st.booleans())
    def look_at_an_unresolved_request(self, which: int, again: bool) -> None:
        """Operators give up only what the bank has not done."""
        request = pick(PaymentRequest.objects.filter(state="UNRESOLVED").order_by("-pk"), which)
        if again or request.pk in self.bank.accounts[request.payment_id].done:
            operators.retry(request.pk, by=SYSTEM, now=self.later())
        else:
            operators.give_up(request.pk, reason="never arrived", by=SYSTEM, now=self.later())

    @precondition(lambda self: Payment.objects.filter(needs_attention=True).exists())
    @rule(which=WHICH)
    def acknowledge_a_payment(self, which: int) -> None:
        payment = pick(Payment.objects.filter(needs_attention=True).order_by("-pk"), which)
        operators.acknowledge(payment.pk, by=SYSTEM, now=self.later())

    # Invariants

    @invariant()
    def stock_orders_and_payments_are_right(self) -> None:
        check_stock_and_reservations()
        unread = [int(message.key) for message in self.unread() if message.topic == Topic.PAYMENT_EVENT]
        unsettled = PaymentEvent.objects.filter(pk__in=unread).values_list("payment__order_number", flat=True)
        check_orders(unsettled=set(unsettled))
        self.check_the_books()

    def check_the_books(self) -> None:
        """What the shop has recorded has happened at the bank, unless the gateway lied."""
        for payment in Payment.objects.filter(gateway="test").exclude(options__scenario=Scenario.LYING):
            account = self.bank.accounts[payment.pk]
            captured, refunded = account.total(EventKind.CAPTURED), account.total(EventKind.REFUNDED)
            assert payment.captured <= captured <= payment.amount
            assert payment.refunded <= refunded <= captured

    # The end

    def finish(self) -> None:
        """Ship, deliver and perform everything; then nothing is pending, and all agree."""
        self.settle_everything()
        self.later(timedelta(days=1))
        self.let_unpaid_orders_expire()
        self.settle_everything()
        for order in orders("CONFIRMED", "PARTIALLY_SHIPPED"):
            short = {item.pk: item.short for item in order.items.select_related("reservation") if item.short}
            if short:
                cancel_units(order.pk, units=short, by=SYSTEM, now=self.later())
        for order in orders("CONFIRMED", "PARTIALLY_SHIPPED"):
            ship_all(order.pk, by=SYSTEM, now=self.later())
        for shipment in Shipment.objects.filter(delivered_at=None).exclude(order__status="RETURNED"):
            deliver_shipment(shipment.pk, order_id=shipment.order_id, by=SYSTEM, now=self.later())
        self.settle_everything()
        self.stock_orders_and_payments_are_right()
        for order in Order.objects.all():
            self.check_the_end_of(order)
        connection.check_constraints()

    def check_the_end_of(self, order: Order) -> None:
        """The shop keeps what the order costs, and the bank agrees; otherwise the payment needs attention."""
        assert order.status not in ("PENDING", "CONFIRMED", "PARTIALLY_SHIPPED", "SHIPPED")
        kept, is_troubled = Decimal(0), False
        for payment in Payment.objects.filter(order_number=order.order_number):
            kept += payment.captured - payment.refunded
            if is_troubling(payment):
                is_troubled = True
                assert payment.needs_attention or payment.acknowledged_at
            elif payment.gateway == "test":
                account = self.bank.accounts[payment.pk]
                assert payment.captured == account.total(EventKind.CAPTURED)
                assert payment.refunded == account.total(EventKind.REFUNDED)
        if order.payment_method == "COD" and not order.shipments.exclude(delivered_at=None).exists():
            assert kept == 0
        elif not is_troubled:
            assert kept == amount_due(order)
            check_returns_are_closed(order)


def is_troubling(payment: Payment) -> bool:
    """Return whether the gateway refused something, contradicted itself, or never responded."""
    refused = [kind for kind in FAILURES if kind != EventKind.VOID_FAILED or not payment.captured]
    return (
        payment.events.filter(kind__in=refused).exists()
        or payment.events.exclude(problem="").exists()
        or payment.requests.filter(state="UNRESOLVED").exists()
    )


@pytest.mark.django_db
def test_money_stock_and_statuses_agree_in_any_order_of_events() -> None:
    open_shop()
    run(Shop, examples=16, steps=30)
