"""Steps of orders: each can be taken once, and only from certain statuses."""

from datetime import timedelta
from decimal import Decimal

import pytest

from backend.accounts.models import User
from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.catalog.services import update_product
from backend.inventory.models import InventoryTransaction
from backend.orders.cancellation import cancel_units
from backend.orders.errors import OrderNotFound, ReturnTooLarge, TransitionNotAllowed
from backend.orders.models import Movement, Order
from backend.orders.returns import receive_at_once
from backend.orders.shipments import deliver_all, ship_all
from backend.outbox.models import Message
from tests.backend.orders.steps import movements_of, order_of
from tests.backend.shop import NOW, SYSTEM, customer, staff, stock_of, variant

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=2)


@pytest.fixture
def staff_member() -> User:
    return staff()


def steps_of(order: Order) -> list[str]:
    return list(order.history.values_list("status", flat=True))


def test_shipping_removes_the_units_from_stock(staff_member: User) -> None:
    lamp = variant(stock=5)
    order = order_of(customer(), {lamp.pk: 2})
    shipped = ship_all(order.pk, by=Actor.user(staff_member.pk), now=LATER, note="by post")
    out = InventoryTransaction.objects.get(transaction_type="OUT")
    assert shipped.status == "SHIPPED"
    assert stock_of(lamp.pk) == (3, 0)
    assert (out.variant, out.quantity, out.reference, out.recorded_by, out.recorded_at) == (
        lamp,
        2,
        order.order_number,
        staff_member,
        LATER,
    )
    step = order.history.last()
    assert step is not None
    assert (step.status, step.note, step.changed_by, step.changed_at) == (
        "SHIPPED",
        "by post",
        staff_member,
        LATER,
    )


def test_delivery_marks_the_order_as_paid(staff_member: User) -> None:
    order = order_of(customer(), {variant().pk: 1})
    ship_all(order.pk, by=Actor.user(staff_member.pk), now=LATER)
    delivered = deliver_all(order.pk, by=Actor.user(staff_member.pk), now=LATER)
    assert (delivered.status, delivered.payment_status) == ("DELIVERED", "PAID")
    assert movements_of(order) == [("SALE", 1, "10.00")]


def test_cancelling_releases_the_units_and_reverses_the_sale() -> None:
    user, lamp = customer(), variant(stock=5, price="2.50")
    order = order_of(user, {lamp.pk: 2})
    update_product(lamp.product_id, changes={"price": Decimal("9.00")}, by=SYSTEM)
    cancelled = cancel_units(order.pk, by=Actor.user(user.pk), now=LATER)
    assert (cancelled.status, cancelled.payment_status) == ("CANCELLED", "CANCELLED")
    assert stock_of(lamp.pk) == (5, 0)
    assert movements_of(order) == [("SALE", 2, "5.00"), ("CANCEL", 2, "5.00")]
    sale, cancellation = Movement.objects.order_by("pk")
    assert cancellation.occurred_at == LATER
    assert not InventoryTransaction.objects.filter(transaction_type="OUT").exists()
    for name in (
        "order",
        "order_item",
        "product",
        "variant",
        "seller",
        "category_path",
        "currency",
        "customer",
    ):
        assert getattr(cancellation, name) == getattr(sale, name)
    assert (cancellation.exposure_id, cancellation.cart_added_at, cancellation.shopper_key) == (
        sale.exposure_id,
        sale.cart_added_at,
        sale.shopper_key,
    )


def test_a_cancellation_has_the_category_of_the_sale() -> None:
    from backend.catalog.categories import category_by_names

    user, lamp = customer(), variant(category=("Home", "Lamps"))
    order = order_of(user, {lamp.pk: 1})
    update_product(
        lamp.product_id, changes={"category": category_by_names(["Garden", "Lights"], by=SYSTEM)}, by=SYSTEM
    )
    cancel_units(order.pk, by=Actor.user(user.pk), now=LATER)
    assert set(Movement.objects.values_list("category_path", flat=True)) == {"Home > Lamps"}


@pytest.mark.parametrize(
    ("taken", "refused"),
    [
        ([], deliver_all),
        ([ship_all], ship_all),
        ([ship_all], cancel_units),
        ([ship_all, deliver_all], deliver_all),
        ([ship_all, deliver_all], cancel_units),
        ([cancel_units], ship_all),
        ([cancel_units], cancel_units),
        ([cancel_units], deliver_all),
    ],
)
def test_a_step_that_the_status_does_not_allow_is_refused(
    taken: list[object], refused: object, staff_member: User
) -> None:
    lamp = variant(stock=5)
    order = order_of(customer(), {lamp.pk: 2})
    for step in taken:
        step(order.pk, by=Actor.user(staff_member.pk), now=NOW)  # type: ignore[operator]
    order.refresh_from_db()
    before = (order.status, order.payment_status, stock_of(lamp.pk), movements_of(order), steps_of(order))
    with pytest.raises(TransitionNotAllowed) as conflict:
        refused(order.pk, by=Actor.user(staff_member.pk), now=LATER)  # type: ignore[operator]
    order.refresh_from_db()
    assert (
        order.status,
        order.payment_status,
        stock_of(lamp.pk),
        movements_of(order),
        steps_of(order),
    ) == before
    assert conflict.value.details["status"] == order.status


def test_a_return_increases_stock_and_reduces_revenue(staff_member: User) -> None:
    lamp = variant(stock=5, price="2.50")
    order = order_of(customer(), {lamp.pk: 3})
    ship_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
    item = order.items.get()
    receive_at_once(
        order.pk, units={item.pk: 2}, by=Actor.user(staff_member.pk), now=LATER, note="too bright"
    )
    entry = InventoryTransaction.objects.get(transaction_type="RETURN")
    item.refresh_from_db()
    order.refresh_from_db()
    assert (item.returned, stock_of(lamp.pk), order.updated_at) == (2, (4, 0), LATER)
    assert (entry.quantity, entry.reference, entry.notes) == (2, order.order_number, "too bright")
    assert movements_of(order) == [("SALE", 3, "7.50"), ("RETURN", 2, "5.00")]
    assert Movement.objects.get(kind="RETURN").occurred_at == LATER


def test_units_can_be_returned_in_several_parts_up_to_the_number_bought(staff_member: User) -> None:
    lamp, chair = variant(stock=5), variant(stock=5)
    order = order_of(customer(), {lamp.pk: 3, chair.pk: 1})
    ship_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
    lamps, chairs = order.items.all()
    receive_at_once(order.pk, units={lamps.pk: 1}, by=Actor.user(staff_member.pk), now=LATER)
    with pytest.raises(ReturnTooLarge) as refused:
        receive_at_once(
            order.pk, units={lamps.pk: 3, chairs.pk: 1}, by=Actor.user(staff_member.pk), now=LATER
        )
    assert refused.value.details == {
        "items": [{"item_id": lamps.pk, "quantity": 3, "returned": 1, "announced": 0, "requested": 3}]
    }
    assert stock_of(chair.pk) == (4, 0), "a refused return changes no stock"
    receive_at_once(order.pk, units={lamps.pk: 2, chairs.pk: 1}, by=Actor.user(staff_member.pk), now=LATER)
    assert (stock_of(lamp.pk), stock_of(chair.pk)) == ((5, 0), (5, 0))
    assert [kind for kind, _, _ in movements_of(order)] == ["SALE", "SALE", "RETURN", "RETURN", "RETURN"]


def test_partial_returns_of_a_line_add_up_to_its_amount(staff_member: User) -> None:
    order = order_of(customer(), {variant(stock=5).pk: 3})
    Movement.objects.filter(order=order).update(amount=Decimal("20.00"))
    ship_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
    item = order.items.get()
    for _ in range(3):
        receive_at_once(order.pk, units={item.pk: 1}, by=Actor.user(staff_member.pk), now=LATER)
    assert [amount for _, _, amount in movements_of(order)] == ["20.00", "6.67", "6.66", "6.67"]


def test_units_that_were_not_shipped_cannot_be_returned(staff_member: User) -> None:
    order = order_of(customer(), {variant().pk: 1})
    with pytest.raises(TransitionNotAllowed):
        receive_at_once(order.pk, units={order.items.get().pk: 1}, by=Actor.user(staff_member.pk), now=LATER)


def test_a_return_of_another_orders_item_is_refused(staff_member: User) -> None:
    mine, other = (order_of(customer(), {variant().pk: 1}) for _ in range(2))
    ship_all(mine.pk, by=Actor.user(staff_member.pk), now=NOW)
    foreign = other.items.get().pk
    with pytest.raises(InvalidInput) as refused:
        receive_at_once(mine.pk, units={foreign: 1}, by=Actor.user(staff_member.pk), now=LATER)
    assert str(foreign) in str(refused.value.details["items"])


def test_every_step_is_published(staff_member: User) -> None:
    order = order_of(customer(), {variant().pk: 1})
    item = order.items.get()
    for step in (ship_all, deliver_all):
        Message.objects.all().delete()
        step(order.pk, by=Actor.user(staff_member.pk), now=NOW)
        assert Message.objects.filter(topic="order", key=str(order.pk)).exists()
    Message.objects.all().delete()
    receive_at_once(order.pk, units={item.pk: 1}, by=Actor.user(staff_member.pk), now=NOW)
    topics = set(Message.objects.values_list("topic", flat=True))
    assert topics == {"order", "order_step", "product", "payment_event", "return_step"}


@pytest.mark.parametrize("step", [ship_all, deliver_all, cancel_units])
def test_an_unknown_order_is_not_found(step: object, staff_member: User) -> None:
    with pytest.raises(OrderNotFound):
        step(987_654, by=Actor.user(staff_member.pk), now=NOW)  # type: ignore[operator]
