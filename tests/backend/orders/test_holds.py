"""Orders that wait for their payment hold their units until they are confirmed or expire."""

from datetime import timedelta
from functools import partial

import pytest
from pytest_django import Settings

from backend.audit.actors import Actor
from backend.inventory.models import Reservation
from backend.orders.confirmation import confirm
from backend.orders.errors import TransitionNotAllowed
from backend.orders.holds import NOTE, expire_orders
from backend.orders.models import Movement, Order, OrderStatusHistory, PaymentMethod
from backend.outbox.models import Message
from backend.outbox.topics import Topic
from tests.backend.orders.steps import check_out, fill, movements_of
from tests.backend.shop import NOW, SYSTEM, customer, stock_of, variant
from tests.backend.together import together

BY = Actor.system("tests")
HOLD = timedelta(minutes=30)


@pytest.fixture
def held(settings: Settings) -> Order:
    """Return an order of 2 of 5 units that waits for its payment."""
    settings.PAYMENT_HOLD = HOLD
    user, lamp = customer(), variant(stock=5, price="10.00")
    fill(user, {lamp.pk: 2})
    return check_out(user, payment_method=PaymentMethod.TEST)


def units_of(order: Order) -> tuple[int, int, str]:
    """Return stock, reserved units, and the state of the reservation."""
    item = order.items.get()
    return *stock_of(item.variant_id), Reservation.objects.get(order_item=item).state


@pytest.mark.django_db
def test_an_order_that_is_to_be_paid_holds_its_units_and_is_no_sale_yet(held: Order) -> None:
    assert (held.status, held.expires_at) == ("PENDING", NOW + HOLD)
    assert units_of(held) == (5, 2, "HELD")
    assert not Movement.objects.exists()
    assert list(held.history.values_list("status", flat=True)) == ["PENDING"]


@pytest.mark.django_db
def test_confirming_commits_the_units_and_records_the_sales(held: Order) -> None:
    order = confirm(held.pk, by=BY, now=NOW)
    assert order.status == "CONFIRMED"
    assert units_of(order) == (5, 2, "COMMITTED")
    assert movements_of(order) == [("SALE", 2, "20.00")]
    step = OrderStatusHistory.objects.get(status="CONFIRMED")
    assert Message.objects.filter(topic=Topic.ORDER_STEP, key=str(step.pk)).count() == 1
    with pytest.raises(TransitionNotAllowed):
        confirm(held.pk, by=BY, now=NOW)
    assert expire_orders(by=BY, now=NOW + HOLD) == 0


@pytest.mark.django_db
def test_an_order_expires_at_the_end_of_its_hold_and_not_before(held: Order) -> None:
    assert expire_orders(by=BY, now=NOW + HOLD - timedelta(seconds=1)) == 0
    assert expire_orders(by=BY, now=NOW + HOLD) == 1
    held.refresh_from_db()
    assert (held.status, held.payment_status) == ("CANCELLED", "CANCELLED")
    assert units_of(held) == (5, 0, "RELEASED")
    assert held.history.last().note == NOTE  # type: ignore[union-attr]
    assert not Movement.objects.exists(), "units that were not sold have no cancellation"
    assert expire_orders(by=BY, now=NOW + HOLD) == 0


@pytest.mark.django_db
def test_an_order_with_nothing_to_pay_is_confirmed_immediately() -> None:
    user, gift = customer(), variant(price="0.00")
    fill(user, {gift.pk: 1})
    assert check_out(user, payment_method=PaymentMethod.TEST).status == "CONFIRMED"


@pytest.mark.django_db(transaction=True)
def test_of_confirmation_and_expiry_at_the_same_time_one_takes_effect(settings: Settings) -> None:
    settings.PAYMENT_HOLD = HOLD
    for _ in range(6):
        user, lamp = customer(), variant(stock=1)
        fill(user, {lamp.pk: 1})
        order = check_out(user, payment_method=PaymentMethod.TEST)
        outcomes = together(
            partial(confirm, order.pk, by=SYSTEM, now=NOW),
            partial(expire_orders, by=SYSTEM, now=NOW + HOLD),
            partial(expire_orders, by=SYSTEM, now=NOW + HOLD),
        )
        order.refresh_from_db()
        confirmed = isinstance(outcomes[0], Order)
        assert order.status == ("CONFIRMED" if confirmed else "CANCELLED")
        assert sorted(outcomes[1:], key=str) == ([0, 0] if confirmed else [0, 1])
        assert stock_of(lamp.pk) == (1, 1 if confirmed else 0)
        assert Movement.objects.filter(order=order).count() == (1 if confirmed else 0)
