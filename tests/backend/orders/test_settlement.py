"""Settlement: orders and payments agree after each change of either, in any order."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from backend.inventory.models import Reservation
from backend.orders.cancellation import cancel_units
from backend.orders.fulfilment_models import Return
from backend.orders.holds import NOTE, expire_orders
from backend.orders.models import Order, PaymentMethod
from backend.orders.movements import record_sales
from backend.orders.returns import receive_at_once
from backend.orders.settlement import settle_number
from backend.orders.shipments import create_shipment, deliver_all, deliver_shipment, ship_all
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from backend.payments.gateways.protocol import Report
from backend.payments.models import EventKind, Payment, PaymentEvent, PaymentRequest
from backend.payments.operators import acknowledge, give_up
from backend.payments.performing import MAX_ATTEMPTS, perform
from backend.payments.recording import locked_payment, record_reports
from tests.backend.orders.settling import money_of, settled
from tests.backend.orders.steps import check_out, fill, movements_of, order_of
from tests.backend.payments.gateway import RecordingGateway, recording
from tests.backend.shop import NOW, SYSTEM, customer, stock_of, variant
from tests.backend.together import together

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(hours=1)


@pytest.fixture(autouse=True)
def gateway() -> Iterator[RecordingGateway]:
    with recording() as (found, _):
        yield found


def placed(*, quantity: int = 2, stock: int = 5, **options: Any) -> Order:
    """Place an order of units of 10.00 each that is to be paid through the test gateway."""
    user, lamp = customer(), variant(stock=stock, price="10.00")
    fill(user, {lamp.pk: quantity})
    return check_out(user, payment_method=PaymentMethod.TEST, **options)


def test_an_order_is_confirmed_when_its_payment_is_captured() -> None:
    order = settled(placed())
    assert money_of(order) == ("CONFIRMED", "PAID", 20, 0)
    assert movements_of(order) == [("SALE", 2, "20.00")]
    assert Reservation.objects.get(order_item__order=order).state == "COMMITTED"


def test_a_declined_payment_leaves_the_order_pending_until_it_expires() -> None:
    order = settled(placed(payment_options={"scenario": "decline"}))
    assert money_of(order) == ("PENDING", "PENDING", 0, 0)
    assert expire_orders(by=SYSTEM, now=LATER) == 1
    assert money_of(settled(order, at=LATER)) == ("CANCELLED", "CANCELLED", 0, 0)


def test_an_authorised_payment_confirms_the_order_and_is_captured_when_it_is_shipped(settings: Any) -> None:
    settings.PAYMENT_CAPTURE = "manual"
    order = settled(placed())
    assert money_of(order) == ("CONFIRMED", "AUTHORISED", 0, 0)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    assert money_of(settled(order)) == ("SHIPPED", "PAID", 20, 0)


def test_cancelling_refunds_what_was_captured() -> None:
    order = settled(placed())
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    assert money_of(settled(order)) == ("CANCELLED", "REFUNDED", 20, 20)


def test_cancelling_voids_what_was_authorised(settings: Any, gateway: RecordingGateway) -> None:
    settings.PAYMENT_CAPTURE = "manual"
    order = settled(placed())
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    assert money_of(settled(order)) == ("CANCELLED", "CANCELLED", 0, 0)
    assert gateway.names == ["authorise", "void"]


def test_a_paid_order_stays_cancelled_whatever_the_note_says() -> None:
    order = settled(placed())
    cancel_units(order.pk, by=SYSTEM, now=NOW, note=NOTE)
    assert money_of(settled(order)) == ("CANCELLED", "REFUNDED", 20, 20)
    assert movements_of(order) == [("SALE", 2, "20.00"), ("CANCEL", 2, "20.00")]


def test_the_return_of_an_order_without_payments_is_closed() -> None:
    order = order_of(customer(), {variant(stock=5).pk: 2})
    Payment.objects.all().delete()
    ship_all(order.pk, by=SYSTEM, now=NOW)
    receive_at_once(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    assert Return.objects.get(order=order).status == "REFUNDED"


def test_an_item_is_sold_once() -> None:
    order = settled(placed())
    with pytest.raises(IntegrityError, match=r"movement_sells_an_item_once|order_item_id"):
        record_sales([order.pk])


def test_nothing_is_to_be_paid_for_a_refused_parcel() -> None:
    order = order_of(customer(), {variant(stock=5).pk: 2})
    ship_all(order.pk, by=SYSTEM, now=NOW)
    receive_at_once(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    assert money_of(settled(order)) == ("PARTIALLY_RETURNED", "PENDING", 0, 0)
    receive_at_once(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    assert money_of(settled(order)) == ("RETURNED", "CANCELLED", 0, 0)


def test_a_return_refunds_its_units(gateway: RecordingGateway) -> None:
    order = settled(placed())
    ship_all(order.pk, by=SYSTEM, now=NOW)
    receive_at_once(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    assert money_of(settled(order))[1:] == ("PARTLY_REFUNDED", 20, 10)
    receive_at_once(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    assert money_of(settled(order))[1:] == ("REFUNDED", 20, 20)
    assert gateway.names == ["authorise", "refund", "refund"]


def test_a_payment_after_the_hold_reserves_the_units_again() -> None:
    order = placed()
    assert expire_orders(by=SYSTEM, now=LATER) == 1
    Payment.objects.update(status="PENDING")
    pay_late(order)
    assert money_of(settled(order, at=LATER)) == ("CONFIRMED", "PAID", 20, 0)
    item = order.items.get()
    assert stock_of(item.variant_id) == (5, 2)
    assert movements_of(order) == [("SALE", 2, "20.00")]
    statuses = list(order.history.order_by("pk").values_list("status", flat=True))
    assert statuses == ["PENDING", "CANCELLED", "PENDING", "CONFIRMED"]
    cancel_units(order.pk, by=SYSTEM, now=LATER)
    assert movements_of(order) == [("SALE", 2, "20.00"), ("CANCEL", 2, "20.00")]


def test_a_payment_after_the_hold_is_refunded_if_the_units_are_sold() -> None:
    order = placed(quantity=5)
    assert expire_orders(by=SYSTEM, now=LATER) == 1
    order_of(customer(), {order.items.get().variant_id: 1}, at=LATER)
    pay_late(order)
    assert money_of(settled(order, at=LATER)) == ("CANCELLED", "REFUNDED", 50, 50)


def pay_late(order: Order) -> None:
    """Let the gateway report that the order's payment was captured."""
    with transaction.atomic():
        payment = locked_payment(Payment.objects.get(order_number=order.order_number).pk)
        captured = Report(
            kind=EventKind.CAPTURED,
            amount=payment.amount,
            currency=payment.currency,
            reference="late",
            occurred_at=LATER,
        )
        record_reports(payment, [captured], now=LATER)


def test_cash_is_collected_at_delivery_and_returned_with_the_units() -> None:
    user, lamp = customer(), variant(stock=5, price="10.00")
    order = order_of(user, {lamp.pk: 2})
    assert money_of(settled(order)) == ("CONFIRMED", "PENDING", 0, 0)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    assert money_of(settled(order)) == ("DELIVERED", "PAID", 20, 0)
    receive_at_once(order.pk, units={order.items.get().pk: 2}, by=SYSTEM, now=NOW)
    assert money_of(settled(order))[1:] == ("REFUNDED", 20, 20)


def test_only_what_is_owed_is_collected_at_delivery() -> None:
    order = order_of(customer(), {variant(stock=5, price="10.00").pk: 3})
    ship_all(order.pk, by=SYSTEM, now=NOW)
    receive_at_once(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    deliver_all(order.pk, by=SYSTEM, now=NOW)
    assert money_of(settled(order))[1:] == ("PAID", 20, 0)


def test_settling_twice_changes_nothing(gateway: RecordingGateway) -> None:
    order = settled(placed())
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    settled(order)
    calls, changed = list(gateway.names), order.updated_at
    assert (settled(order).updated_at, gateway.names) == (changed, calls)


def test_of_payment_expiry_and_cancellation_at_the_same_time_one_wins_and_the_money_agrees() -> None:
    for _ in range(5):
        order = placed()
        pay_late(order)
        together(
            partial(settle_number, order.order_number, by=SYSTEM, now=LATER),
            partial(cancel_units, order.pk, by=SYSTEM, now=LATER),
            partial(expire_orders, by=SYSTEM, now=LATER),
        )
        status, _, captured, refunded = money_of(settled(order, at=LATER))
        sold = sum(
            amount if kind == "SALE" else -amount
            for kind, amount in order.movements.values_list("kind", "amount")
        )
        assert (status, captured - refunded) in {("CONFIRMED", 20), ("CANCELLED", 0)}
        assert sold == Decimal(captured - refunded)
        reserved = 2 if status == "CONFIRMED" else 0
        assert stock_of(order.items.get().variant_id) == (5, reserved)


def test_an_order_without_payments_is_left_alone() -> None:
    order = order_of(customer(), {variant().pk: 1})
    Payment.objects.all().delete()
    settle_number(order.order_number, by=SYSTEM, now=NOW)
    settle_number("no such order", by=SYSTEM, now=NOW)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    assert deliver_all(order.pk, by=SYSTEM, now=NOW).payment_status == "PAID"


@pytest.mark.parametrize("capture", ["automatic", "manual"])
def test_what_the_gateway_refused_is_requested_again_only_when_an_operator_has_acknowledged_it(
    capture: str, settings: Any, gateway: RecordingGateway
) -> None:
    settings.PAYMENT_CAPTURE = capture
    order = settled(placed(payment_options={"scenario": "refuse"}))
    if capture == "automatic":
        cancel_units(order.pk, by=SYSTEM, now=NOW)
    else:
        ship_all(order.pk, by=SYSTEM, now=NOW)
    settled(order)
    refused = "refund" if capture == "automatic" else "capture"
    assert gateway.names == ["authorise", refused]
    assert Payment.objects.get().needs_attention

    Payment.objects.update(options={})
    with transaction.atomic():
        acknowledge(Payment.objects.get().pk, by=SYSTEM, now=LATER)
    published = Message.objects.filter(
        topic=Topic.PAYMENT_EVENT, key=str(PaymentEvent.objects.latest("pk").pk)
    )
    assert published.count() == 2
    assert money_of(settled(order, at=LATER))[1] == ("REFUNDED" if refused == "refund" else "PAID")


def test_a_payment_that_is_being_voided_does_not_pay_an_expired_order(settings: Any) -> None:
    """Authorised late, with the void already requested: nothing could be captured for the units."""
    settings.PAYMENT_CAPTURE = "manual"
    order = placed()
    assert expire_orders(by=SYSTEM, now=LATER) == 1
    authorise, void = PaymentRequest.objects.order_by("pk")
    perform(authorise.pk, clock=lambda: LATER)
    settle_number(order.order_number, by=SYSTEM, now=LATER)
    perform(void.pk, clock=lambda: LATER)
    assert money_of(settled(order, at=LATER)) == ("CANCELLED", "CANCELLED", 0, 0)
    assert Payment.objects.get().status == "VOIDED"


def test_a_refund_that_was_given_up_is_requested_again_when_its_payment_is_acknowledged(
    gateway: RecordingGateway,
) -> None:
    order = settled(placed())
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    PaymentRequest.objects.filter(kind="REFUND").update(
        state="UNRESOLVED", attempts=MAX_ATTEMPTS, next_attempt_at=None
    )
    with transaction.atomic():
        give_up(PaymentRequest.objects.get(kind="REFUND").pk, reason="not there", by=SYSTEM, now=NOW)
    assert money_of(settled(order)) == ("CANCELLED", "PAID", 20, 0)
    assert Payment.objects.get().needs_attention
    with transaction.atomic():
        acknowledge(Payment.objects.get().pk, by=SYSTEM, now=LATER)
    assert money_of(settled(order, at=LATER)) == ("CANCELLED", "REFUNDED", 20, 20)
    assert gateway.names == ["authorise", "refund"]


def test_a_refused_parcel_does_not_reduce_what_is_collected_for_another_one() -> None:
    order = order_of(customer(), {variant(stock=5, price="10.00").pk: 3})
    item = order.items.get()
    create_shipment(order.pk, units={item.pk: 2}, by=SYSTEM, now=NOW)
    create_shipment(order.pk, units={item.pk: 1}, by=SYSTEM, now=NOW)
    receive_at_once(order.pk, units={item.pk: 2}, by=SYSTEM, now=NOW)
    kept = order.shipments.latest("pk")
    deliver_shipment(kept.pk, order_id=order.pk, by=SYSTEM, now=NOW)
    assert money_of(settled(order))[1:] == ("PAID", 10, 0)
