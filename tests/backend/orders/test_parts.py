"""Parts of orders are shipped, delivered, cancelled and returned; status, stock and money follow."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from backend.api.errors import InvalidInput
from backend.inventory.models import InventoryTransaction
from backend.orders.cancellation import cancel_units
from backend.orders.errors import (
    ReturnStepNotAllowed,
    ReturnTooLarge,
    ShipmentDelivered,
    ShipmentNotFound,
    TransitionNotAllowed,
    UnitsNotLeft,
)
from backend.orders.fulfilment_models import Return, ReturnReason, Shipment
from backend.orders.models import Order, OrderItem, PaymentMethod
from backend.orders.returns import (
    Condition,
    approve,
    receive,
    receive_at_once,
    reject,
    request_return,
    withdraw,
)
from backend.orders.shipments import create_shipment, deliver_all, deliver_shipment, ship_all
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from tests.backend.orders.settling import money_of, settled
from tests.backend.orders.steps import check_out, fill, movements_of, order_of
from tests.backend.payments.gateway import recording
from tests.backend.shop import NOW, SYSTEM, customer, stock_of, variant
from tests.backend.together import kinds, together

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(days=3)


def of_three(**options: Any) -> tuple[Order, OrderItem]:
    """Return a confirmed order of three units of 10.00 each, paid in cash, and its item."""
    order = order_of(customer(), {variant(stock=5, price="10.00").pk: 3}, **options)
    return order, order.items.get()


def history_of(order: Order) -> list[str]:
    return list(order.history.order_by("pk").values_list("status", flat=True))


def shipping(order: Order, units: int, **options: Any) -> Any:
    return create_shipment(order.pk, units={order.items.get().pk: units}, by=SYSTEM, now=NOW, **options)


def returning(order: Order, units: int, *, within_window: bool = True, now: Any = LATER) -> Return:
    return request_return(
        order.pk,
        units={order.items.get().pk: units},
        reasons={order.items.get().pk: ReturnReason.DEFECTIVE},
        within_window=within_window,
        by=SYSTEM,
        now=now,
    )


def test_three_units_that_are_returned_one_by_one_leave_the_order_returned_and_not_paid() -> None:
    order, item = of_three()
    ship_all(order.pk, by=SYSTEM, now=NOW)
    for _ in range(3):
        receive_at_once(order.pk, units={item.pk: 1}, by=SYSTEM, now=LATER)
    with pytest.raises(TransitionNotAllowed):
        deliver_all(order.pk, by=SYSTEM, now=LATER)
    assert history_of(order) == ["PENDING", "CONFIRMED", "SHIPPED", "PARTIALLY_RETURNED", "RETURNED"]
    assert money_of(settled(order)) == ("RETURNED", "CANCELLED", 0, 0)
    assert stock_of(item.variant_id) == (5, 0)


def test_units_are_shipped_in_parts() -> None:
    order, item = of_three()
    first = shipping(order, 1, carrier="DHL", tracking_number="1Z")
    assert (stock_of(item.variant_id), history_of(order)[-1]) == ((4, 2), "PARTIALLY_SHIPPED")
    ship_all(order.pk, by=SYSTEM, now=NOW)
    assert (stock_of(item.variant_id), history_of(order)[-1]) == ((2, 0), "SHIPPED")
    shipments = Shipment.objects.filter(order=order)
    assert [each.number for each in shipments] == [f"{order.order_number}-1", f"{order.order_number}-2"]
    assert [each.items.get().quantity for each in shipments] == [1, 2]
    assert (first.carrier, first.tracking_number, first.seller_id) == ("DHL", "1Z", item.seller_id)


@pytest.mark.parametrize("units", [4, 0])
def test_a_shipment_of_more_units_than_are_left_or_of_none_is_refused(units: int) -> None:
    order, item = of_three()
    with pytest.raises(UnitsNotLeft):
        shipping(order, units)
    assert (stock_of(item.variant_id), order.shipments.count()) == ((5, 3), 0)


def test_a_shipment_has_items_of_one_seller() -> None:
    order = order_of(customer(), {variant().pk: 1, variant().pk: 1})
    first, second = order.items.all()
    both = {first.pk: 1, second.pk: 1}
    for seller_id in (None, first.seller_id):
        with pytest.raises(InvalidInput):
            create_shipment(order.pk, units=both, seller_id=seller_id, by=SYSTEM, now=NOW)
    create_shipment(order.pk, units={first.pk: 1}, seller_id=first.seller_id, by=SYSTEM, now=NOW)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    assert {each.seller_id for each in Shipment.objects.filter(order=order)} == {
        first.seller_id,
        second.seller_id,
    }


def test_cash_is_collected_with_each_delivery() -> None:
    order, _ = of_three()
    first, second = shipping(order, 1), shipping(order, 2)
    deliver_shipment(first.pk, order_id=order.pk, by=SYSTEM, now=LATER)
    assert money_of(settled(order)) == ("SHIPPED", "PENDING", 10, 0)
    with pytest.raises(ShipmentDelivered):
        deliver_shipment(first.pk, order_id=order.pk, by=SYSTEM, now=LATER)
    with pytest.raises(ShipmentNotFound):
        deliver_shipment(second.pk, order_id=order.pk, seller_id=order.user_id, by=SYSTEM, now=LATER)
    deliver_shipment(second.pk, order_id=order.pk, by=SYSTEM, now=LATER)
    assert money_of(settled(order)) == ("DELIVERED", "PAID", 30, 0)


def test_what_was_shipped_can_be_delivered_as_a_whole_once() -> None:
    order, _ = of_three()
    shipping(order, 1)
    deliver_all(order.pk, by=SYSTEM, now=LATER)
    assert money_of(settled(order)) == ("PARTIALLY_SHIPPED", "PENDING", 10, 0)
    with pytest.raises(UnitsNotLeft):
        deliver_all(order.pk, by=SYSTEM, now=LATER)
    ship_all(order.pk, by=SYSTEM, now=LATER)
    deliver_all(order.pk, by=SYSTEM, now=LATER)
    assert money_of(settled(order)) == ("DELIVERED", "PAID", 30, 0)


def test_cancelled_and_returned_parts_add_up_to_the_sale() -> None:
    order, item = of_three()
    order.movements.update(amount="20.00")
    cancel_units(order.pk, units={item.pk: 1}, by=SYSTEM, now=NOW)
    ship_all(order.pk, by=SYSTEM, now=NOW)
    for _ in range(2):
        receive_at_once(order.pk, units={item.pk: 1}, by=SYSTEM, now=LATER)
    assert movements_of(order) == [
        ("SALE", 3, "20.00"),
        ("CANCEL", 1, "6.67"),
        ("RETURN", 1, "6.66"),
        ("RETURN", 1, "6.67"),
    ]
    assert history_of(order)[-3:] == ["SHIPPED", "PARTIALLY_RETURNED", "RETURNED"]


def test_cancelled_units_are_available_again_and_the_last_one_cancels_the_order() -> None:
    order, item = of_three()
    cancel_units(order.pk, units={item.pk: 2}, by=SYSTEM, now=NOW)
    assert (stock_of(item.variant_id), history_of(order)[-1]) == ((5, 1), "CONFIRMED")
    with pytest.raises(UnitsNotLeft):
        cancel_units(order.pk, units={item.pk: 2}, by=SYSTEM, now=NOW)
    cancel_units(order.pk, units={item.pk: 1}, by=SYSTEM, now=NOW)
    assert (stock_of(item.variant_id), history_of(order)[-1]) == ((5, 0), "CANCELLED")


def test_cancelling_the_rest_of_an_order_leaves_what_was_shipped() -> None:
    order, item = of_three()
    shipping(order, 1)
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    assert (stock_of(item.variant_id), history_of(order)[-1]) == ((4, 0), "SHIPPED")
    deliver_all(order.pk, by=SYSTEM, now=LATER)
    assert money_of(settled(order)) == ("DELIVERED", "PAID", 10, 0)


def test_an_unpaid_order_can_only_be_cancelled_as_a_whole() -> None:
    user, lamp = customer(), variant(stock=5)
    fill(user, {lamp.pk: 3})
    order = check_out(user, payment_method=PaymentMethod.TEST)
    with pytest.raises(TransitionNotAllowed):
        cancel_units(order.pk, units={order.items.get().pk: 1}, by=SYSTEM, now=NOW)
    cancel_units(order.pk, by=SYSTEM, now=NOW)
    assert (movements_of(order), stock_of(lamp.pk)) == ([], (5, 0))


def test_a_return_is_refunded_when_its_units_have_arrived() -> None:
    user, lamp = customer(), variant(stock=5, price="10.00")
    fill(user, {lamp.pk: 4})
    with recording():
        order = settled(check_out(user, payment_method=PaymentMethod.TEST))
        ship_all(order.pk, by=SYSTEM, now=NOW)
        deliver_all(order.pk, by=SYSTEM, now=NOW)
        requested = returning(order, 3)
        assert money_of(settled(order)) == ("DELIVERED", "PAID", 40, 0)
        approve(requested.pk, by=SYSTEM, now=LATER)
        conditions = {order.items.get().pk: Condition(resellable=1, damaged=1, missing=1)}
        received = receive(requested.pk, conditions=conditions, by=SYSTEM, now=LATER)
        assert received.status == "RECEIVED", "the gateway hasn't paid back yet"
        assert money_of(settled(order, at=LATER)) == ("PARTIALLY_RETURNED", "PARTLY_REFUNDED", 40, 20)
    requested.refresh_from_db()
    assert (requested.status, stock_of(lamp.pk)) == ("REFUNDED", (2, 0))
    entries = InventoryTransaction.objects.filter(reference=order.order_number).order_by("pk")
    assert list(entries.values_list("transaction_type", "quantity")) == [
        ("OUT", 4),
        ("RETURN", 2),
        ("DAMAGE", 1),
    ]
    assert movements_of(order)[1:] == [("RETURN", 2, "20.00")]


def test_a_return_of_which_nothing_arrived_changes_nothing_but_its_status() -> None:
    order, item = of_three()
    ship_all(order.pk, by=SYSTEM, now=NOW)
    requested = returning(order, 1, within_window=False)
    approve(requested.pk, by=SYSTEM, now=LATER)
    received = receive(requested.pk, conditions={item.pk: Condition(missing=1)}, by=SYSTEM, now=LATER)
    assert (received.status, history_of(order)[-1], len(movements_of(order))) == ("RECEIVED", "SHIPPED", 1)


@pytest.mark.parametrize(
    "conditions",
    [{}, {"own": Condition(resellable=1)}, {"own": Condition(resellable=3)}, {"other": Condition(damaged=2)}],
)
def test_a_receipt_accounts_for_each_unit(conditions: dict[str, Condition]) -> None:
    order, item = of_three()
    ship_all(order.pk, by=SYSTEM, now=NOW)
    requested = returning(order, 2, within_window=False)
    approve(requested.pk, by=SYSTEM, now=LATER)
    ids = {"own": item.pk, "other": item.pk + 1}
    with pytest.raises(InvalidInput):
        receive(
            requested.pk,
            conditions={ids[key]: value for key, value in conditions.items()},
            by=SYSTEM,
            now=NOW,
        )
    assert stock_of(item.variant_id) == (2, 0)


def test_units_can_be_returned_within_the_window_after_their_delivery(settings: Any) -> None:
    settings.RETURN_WINDOW = timedelta(days=14)
    order, _ = of_three()
    first, _ = shipping(order, 1), shipping(order, 2)
    with pytest.raises(ReturnTooLarge):
        returning(order, 1)
    deliver_shipment(first.pk, order_id=order.pk, by=SYSTEM, now=NOW)
    deliver_all(order.pk, by=SYSTEM, now=NOW + timedelta(days=10))
    with pytest.raises(ReturnTooLarge):
        returning(order, 3, now=NOW + timedelta(days=15))
    returning(order, 2, now=NOW + timedelta(days=15))
    with pytest.raises(ReturnTooLarge):
        returning(order, 1, now=NOW + timedelta(days=25), within_window=True)
    returning(order, 1, now=NOW + timedelta(days=25), within_window=False)


Step = Callable[[int], object]
STEPS: dict[str, Step] = {
    "approve": lambda pk: approve(pk, by=SYSTEM, now=LATER),
    "reject": lambda pk: reject(pk, by=SYSTEM, now=LATER),
    "withdraw": lambda pk: withdraw(pk, by=SYSTEM, now=LATER),
    "receive": lambda pk: receive(
        pk,
        conditions={Return.objects.get(pk=pk).items.get().item_id: Condition(resellable=1)},
        by=SYSTEM,
        now=LATER,
    ),
}


@pytest.mark.parametrize(
    ("taken", "allowed"),
    [
        ([], {"approve": "APPROVED", "reject": "REJECTED", "withdraw": "WITHDRAWN"}),
        (["approve"], {"withdraw": "WITHDRAWN", "receive": "REFUNDED"}),
        (["reject"], {}),
        (["withdraw"], {}),
        (["approve", "receive"], {}),
    ],
)
def test_the_steps_of_a_return(taken: list[str], allowed: dict[str, str]) -> None:
    for name, step in STEPS.items():
        order, _ = of_three()
        ship_all(order.pk, by=SYSTEM, now=NOW)
        requested = returning(order, 1, within_window=False)
        for earlier in taken:
            STEPS[earlier](requested.pk)
        Message.objects.all().delete()
        if name in allowed:
            step(requested.pk)
            requested.refresh_from_db()
            assert requested.status == allowed[name]
            steps = Message.objects.filter(topic=Topic.ORDER_STEP).count()
            assert steps == (1 if name == "receive" else 0)
        else:
            with pytest.raises(ReturnStepNotAllowed):
                step(requested.pk)
            assert not Message.objects.exists()


def test_units_that_are_announced_or_returned_cannot_be_returned_again() -> None:
    order, item = of_three()
    ship_all(order.pk, by=SYSTEM, now=NOW)
    requested = returning(order, 2, within_window=False)
    for again in (
        partial(returning, order, 2, within_window=False),
        partial(receive_at_once, order.pk, units={item.pk: 2}, by=SYSTEM, now=LATER),
    ):
        with pytest.raises(ReturnTooLarge):
            again()
    withdraw(requested.pk, by=SYSTEM, now=LATER)
    returning(order, 3, within_window=False)


def test_units_are_either_shipped_or_cancelled() -> None:
    for _ in range(4):
        order, item = of_three()
        outcomes = together(
            partial(shipping, order, 2),
            partial(cancel_units, order.pk, units={item.pk: 2}, by=SYSTEM, now=NOW),
        )
        item.refresh_from_db()
        assert "UnitsNotLeft" in kinds(outcomes)
        assert item.shipped + item.cancelled == 2
        assert stock_of(item.variant_id) == (5 - item.shipped, 1)
        returned = sum(quantity for kind, quantity, _ in movements_of(order) if kind == "CANCEL")
        assert returned == item.cancelled


def test_the_last_unit_is_returned_once() -> None:
    for _ in range(4):
        order, item = of_three()
        ship_all(order.pk, by=SYSTEM, now=NOW)
        receive_at_once(order.pk, units={item.pk: 2}, by=SYSTEM, now=NOW)
        outcomes = together(
            partial(returning, order, 1, within_window=False),
            partial(returning, order, 1, within_window=False),
            partial(receive_at_once, order.pk, units={item.pk: 1}, by=SYSTEM, now=NOW),
        )
        assert kinds(outcomes).count("ReturnTooLarge") == 2
        item.refresh_from_db()
        assert item.returned + Return.objects.filter(order=order, status="REQUESTED").count() == 3
