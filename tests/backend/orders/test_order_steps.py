"""Each step of an order is published once, as a fact, in the same transaction."""

import pytest
from django.db import transaction

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.orders.cancellation import cancel_units
from backend.orders.errors import TransitionNotAllowed
from backend.orders.models import Order, OrderStatusHistory
from backend.orders.returns import receive_at_once
from backend.orders.shipments import deliver_all, ship_all
from backend.outbox.models import Message
from backend.outbox.relay import drain
from backend.outbox.subscribers import Start
from backend.outbox.topics import Topic
from tests.backend.orders.steps import order_of
from tests.backend.outbox.recording import Recorder
from tests.backend.shop import NOW, customer, staff, variant

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def staff_member() -> User:
    return staff()


def published() -> list[str]:
    """Return the keys of the published steps."""
    return list(Message.objects.filter(topic=Topic.ORDER_STEP).order_by("pk").values_list("key", flat=True))


def history_of(*orders: Order) -> list[str]:
    rows = OrderStatusHistory.objects.filter(order__in=orders).order_by("pk")
    return [str(pk) for pk in rows.values_list("pk", flat=True)]


def test_every_row_of_the_history_is_published_once_in_order(staff_member: User) -> None:
    lamp = variant()
    first, second = order_of(customer(), {lamp.pk: 1}), order_of(customer(), {lamp.pk: 2})
    ship_all(first.pk, by=Actor.user(staff_member.pk), now=NOW)
    cancel_units(second.pk, by=Actor.user(staff_member.pk), now=NOW)
    deliver_all(first.pk, by=Actor.user(staff_member.pk), now=NOW)
    receive_at_once(first.pk, units={first.items.get().pk: 1}, by=Actor.user(staff_member.pk), now=NOW)

    assert len(published()) == 8
    assert published() == history_of(first, second)


def test_a_refused_step_and_one_that_is_rolled_back_are_not_published(staff_member: User) -> None:
    order = order_of(customer(), {variant().pk: 1})
    before = published()
    with pytest.raises(TransitionNotAllowed):
        deliver_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
    with transaction.atomic():
        ship_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
        transaction.set_rollback(True)

    assert published() == before


def test_a_late_subscriber_reads_each_step_from_its_row(staff_member: User) -> None:
    order = order_of(customer(), {variant().pk: 1})
    ship_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
    deliver_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
    recorder = Recorder(topics=frozenset({Topic.ORDER_STEP}), quiet_seconds=60.0)
    drain([recorder], timeout=30)

    rows = OrderStatusHistory.objects.in_bulk([int(key) for key in recorder.keys])
    assert [rows[int(key)].status for key in recorder.keys] == [
        "PENDING",
        "CONFIRMED",
        "SHIPPED",
        "DELIVERED",
    ]


def test_a_new_subscriber_at_the_head_does_not_receive_old_steps(staff_member: User) -> None:
    mailer = Recorder("mailer", topics=frozenset({Topic.ORDER_STEP}), start=Start.HEAD)
    order = order_of(customer(), {variant().pk: 1})
    drain([mailer], timeout=30)
    ship_all(order.pk, by=Actor.user(staff_member.pk), now=NOW)
    drain([mailer], timeout=30)

    assert mailer.keys == history_of(order)[-1:]
