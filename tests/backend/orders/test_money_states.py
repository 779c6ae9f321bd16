"""Money and status of orders agree with their units in any order of shipments, returns and refunds."""

from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from backend.api.errors import DomainError
from backend.orders.amounts import costs_of
from backend.orders.cancellation import cancel_units
from backend.orders.holds import expire_orders
from backend.orders.models import MovementKind, Order, PaymentMethod
from backend.orders.refunds import grant_refund
from backend.orders.returns import receive_at_once
from backend.orders.settlement import SHIPPED, settle_number
from backend.orders.shipments import create_shipment, deliver_all
from backend.orders.status import status_of, units_of
from backend.payments import gateways
from backend.payments.gateways.simulated import SimulatedGateway
from backend.payments.models import Payment
from backend.payments.performing import due, perform
from backend.payments.selectors import sums_of
from tests.backend.inventory.invariants import check_stock_and_reservations
from tests.backend.orders.steps import check_out, fill
from tests.backend.shop import NOW, SYSTEM, customer, variant

WHICH, UNITS = st.integers(0, 3), st.integers(1, 3)
CHOICE = st.sampled_from([None, True, False])
ZERO = Decimal(0)


class Orders(RuleBasedStateMachine):
    """Four orders of two items each: in cash, captured automatically, in parts, and not paid yet."""

    conf: Any

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.orders = [
            self.placed(PaymentMethod.COD, capture="automatic"),
            self.placed(PaymentMethod.TEST, capture="automatic"),
            self.placed(PaymentMethod.TEST, capture="manual"),
            self.placed(PaymentMethod.TEST, capture="manual", options={"scenario": "action"}),
        ]
        self.perform_everything()

    def placed(
        self, method: PaymentMethod, *, capture: str, options: dict[str, object] | None = None
    ) -> Order:
        self.conf.PAYMENT_CAPTURE = capture
        user = customer()
        fill(user, {variant(stock=5, price="9.99").pk: 3, variant(stock=5, price="0.35").pk: 2})
        return check_out(user, payment_method=method, payment_options=options or {})

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def act(self, which: int, item: int, action: Callable[[Order, int], object]) -> None:
        """Let the action be performed or refused."""
        order = self.orders[which]
        try:
            with transaction.atomic():
                action(order, list(order.items.all())[item].pk)
        except DomainError:
            return

    @rule(which=WHICH, item=st.integers(0, 1), units=UNITS)
    def ship(self, which: int, item: int, units: int) -> None:
        self.act(
            which, item, lambda order, pk: create_shipment(order.pk, units={pk: units}, by=SYSTEM, now=NOW)
        )

    @rule(which=WHICH)
    def deliver(self, which: int) -> None:
        self.act(which, 0, lambda order, pk: deliver_all(order.pk, by=SYSTEM, now=NOW))

    @rule(which=WHICH, item=st.integers(0, 1), units=UNITS)
    def cancel(self, which: int, item: int, units: int) -> None:
        self.act(which, item, lambda order, pk: cancel_units(order.pk, units={pk: units}, by=SYSTEM, now=NOW))

    @rule(which=WHICH, item=st.integers(0, 1), units=UNITS, shipping=CHOICE)
    def take_back(self, which: int, item: int, units: int, shipping: bool | None) -> None:
        self.act(
            which,
            item,
            lambda order, pk: receive_at_once(
                order.pk, units={pk: units}, refund_shipping=shipping, by=SYSTEM, now=NOW
            ),
        )

    @rule(which=WHICH, cents=st.integers(1, 1_500), shipping=st.booleans())
    def refund(self, which: int, cents: int, shipping: bool) -> None:
        amount = Decimal(cents) / 100
        self.act(
            which,
            0,
            lambda order, pk: grant_refund(
                order.pk, amount=amount, shipping=shipping, reason="Sorry", by=SYSTEM, now=NOW
            ),
        )

    @rule()
    def perform_one_request(self) -> None:
        for request_id in due(now=NOW, limit=1):
            perform(request_id, clock=lambda: NOW)

    @rule()
    def expire(self) -> None:
        expire_orders(by=SYSTEM, now=NOW + timedelta(days=1))

    @rule()
    def perform_everything(self) -> None:
        """Afterwards the shop has exactly the money that the orders cost by now."""
        for _ in range(4):
            for request_id in due(now=NOW, limit=100):
                perform(request_id, clock=lambda: NOW)
            for order in self.orders:
                settle_number(order.order_number, by=SYSTEM, now=NOW)
        for order in self.orders:
            order.refresh_from_db()
            self.check_balance(order)
        check_stock_and_reservations()

    def check_balance(self, order: Order) -> None:
        sums, costs = sums_of(order.order_number), costs_of(order)
        assert (sums.capture_pending, sums.refund_pending) == (ZERO, ZERO)
        if order.payment_method == PaymentMethod.COD:
            assert sums.kept <= costs.due
            return
        payment = Payment.objects.get(order_number=order.order_number)
        if payment.captures_automatically:
            assert sums.kept == costs.due
        else:
            assert sums.kept == (costs.due_for_shipped if order.status in SHIPPED else ZERO)
            is_open = any(item.quantity > item.cancelled + item.shipped for item in order.items.all())
            assert is_open or sums.authorised == 0

    @invariant()
    def the_status_is_what_the_rows_say(self) -> None:
        for order in self.orders:
            order.refresh_from_db()
            is_confirmed = order.movements.filter(kind=MovementKind.SALE).exists()
            assert order.status == status_of(units_of(order.items.all()), confirmed=is_confirmed)
            last = order.history.order_by("pk").last()
            assert last is not None
            assert last.status == order.status

    @invariant()
    def refunds_and_movements_add_up(self) -> None:
        for order in self.orders:
            without_tax = ZERO
            for refund in order.granted_refunds.all():
                lines = list(refund.lines.all())
                assert sum(line.amount for line in lines) == refund.amount
                assert sum(line.tax_amount for line in lines) == refund.tax_amount
                without_tax += refund.amount - refund.tax_amount
            self.check_movements(order, without_tax=without_tax)

    def check_movements(self, order: Order, *, without_tax: Decimal) -> None:
        refunded = ZERO
        for item in order.items.all():
            of_item: dict[str, Decimal] = defaultdict(Decimal)
            units: Counter[str] = Counter()
            for kind, quantity, amount in item.movements.values_list("kind", "quantity", "amount"):
                of_item[kind] += amount
                units[kind] += quantity
            assert of_item["CANCEL"] + of_item["RETURN"] <= of_item["SALE"]
            if units["SALE"]:
                assert (units["CANCEL"], units["RETURN"]) == (item.cancelled, item.returned)
            if units["SALE"] and item.cancelled + item.returned == item.quantity:
                assert of_item["CANCEL"] + of_item["RETURN"] == of_item["SALE"]
            refunded += of_item["REFUND"]
        assert refunded == without_tax

    @invariant()
    def no_more_is_paid_back_than_was_paid(self) -> None:
        for order in self.orders:
            sums, costs = sums_of(order.order_number), costs_of(order)
            assert 0 <= sums.refunded + sums.refund_pending <= sums.captured <= order.total_amount
            assert costs.due_for_shipped >= 0
            assert costs.due <= order.total_amount


@pytest.mark.django_db
@pytest.mark.parametrize("include_tax", [False, True])
def test_money_and_status_stay_right_in_any_order_of_actions(settings: Any, include_tax: bool) -> None:
    settings.SHIPPING_COST, settings.TAX_PERCENTAGE = Decimal("4.90"), Decimal("8.875")
    settings.PRICES_INCLUDE_TAX = include_tax
    Orders.conf = settings
    before = gateways.replace("test", SimulatedGateway(lambda webhook, after: None))
    try:
        run_state_machine_as_test(Orders, settings=SLOW)
    finally:
        gateways.forget("test") if before is None else gateways.replace("test", before)


SLOW = settings(
    max_examples=4,
    phases=[Phase.explicit, Phase.generate],
    stateful_step_count=18,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
