"""Messages about orders: one for each fact, in their order, to the customer or the guest who ordered."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, OperationalError
from django.db.models import Q
from django.test import Client

from backend.api.owners import guest_with, new_cart_token
from backend.notifications.models import Delivery, DeliveryFact, DeliveryState
from backend.notifications.sending import send_due
from backend.notifications.subscribers import OrderDeliveries
from backend.orders.cancellation import cancel_units
from backend.orders.fulfilment_models import ReturnReason
from backend.orders.models import Order, PaymentMethod
from backend.orders.returns import Condition, approve, receive, request_return
from backend.orders.shipments import create_shipment, deliver_all
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import BY_VALUE, Topic
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.orders.settling import settled
from tests.backend.orders.steps import check_out, fill, order_of
from tests.backend.payments.gateway import recording
from tests.backend.shop import NOW, SYSTEM
from tests.backend.together import together
from tests.services.smtp import MailServer

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

LATER = NOW + timedelta(minutes=2)
TEXTS = Q(topic__in=[topic.value for topic in OrderDeliveries.topics])


@pytest.fixture(autouse=True)
def gateway() -> Iterator[None]:
    with recording():
        yield


def tell(clock: Clock) -> None:
    """Hand all messages of the outbox to the subscriber, also those that it has handled before."""
    messages = Message.objects.filter(TEXTS).order_by("pk")
    OrderDeliveries(clock=clock).handle([Notice(BY_VALUE[each.topic], each.key) for each in messages])


def subjects(server: MailServer) -> list[str]:
    return [str(message["Subject"]) for _, message in server.accepted]


def an_order(*, payment: PaymentMethod = PaymentMethod.COD, **options: Any) -> Order:
    user = shop.customer(email="ann@shop.example", first_name="Ann")
    fill(user, {shop.variant(title="Lamp", price="10.00").pk: 2})
    return check_out(user, payment_method=payment, **options)


def to_guest(order: Order) -> Order:
    guest = guest_with(new_cart_token()).guest
    Order.objects.filter(pk=order.pk).update(user=None, guest=guest, email="guest@shop.example")
    order.refresh_from_db()
    return order


def ship_and_deliver(order: Order) -> None:
    units = {order.items.get().pk: 2}
    create_shipment(order.pk, units=units, carrier="Post", tracking_number="T-1", by=SYSTEM, now=LATER)
    deliver_all(order.pk, by=SYSTEM, now=LATER)


def body(server: MailServer, number: int, kind: str = "plain") -> str:
    part = server.accepted[number][1].get_body((kind,))
    assert part is not None
    return str(part.get_content())


@pytest.mark.parametrize("is_guest", [False, True], ids=["customer", "guest"])
def test_each_step_of_an_order_is_told_once_in_their_order(
    is_guest: bool, server: MailServer, clock: Clock
) -> None:
    order = an_order()
    if is_guest:
        to_guest(order)
    ship_and_deliver(order)
    item = order.items.get()
    back = request_return(
        order.pk, units={item.pk: 1}, reasons={item.pk: ReturnReason.UNWANTED}, by=SYSTEM, now=LATER
    )
    approve(back.pk, by=SYSTEM, now=LATER)
    receive(back.pk, conditions={item.pk: Condition(resellable=1)}, by=SYSTEM, now=LATER)
    settled(order, at=LATER)
    tell(clock)
    tell(clock)

    send_due(clock=clock)

    number = order.order_number
    assert subjects(server) == [
        f"Your order {number} is confirmed",
        f"A parcel of your order {number} is on its way",
        f"Your order {number} is delivered",
        f"Your return {number}-R1 is requested",
        f"Your return {number}-R1 is approved",
        f"Your return {number}-R1 is received",
        f"Refund for your order {number}: 10.00 USD",
        f"Your return {number}-R1 is received, and nothing is left to refund",
    ]
    addressee = "guest@shop.example" if is_guest else "ann@shop.example"
    assert {address for address, _ in server.accepted} == {addressee}
    assert "with Post. Its tracking number is T-1." in body(server, 1)
    assert "- 2 × Lamp, choice 0" in body(server, 1)
    assert "<li>2 × <bdi>Lamp</bdi>, <bdi>choice 0</bdi></li>" in body(server, 1, "html")
    clock.pass_(days=7)
    send_due(clock=clock)
    assert subjects(server)[8:] == ["How do you like what you ordered?"]
    tell(clock)
    clock.pass_(days=8)
    assert send_due(clock=clock) == 0


def test_a_guest_reads_the_order_by_the_link_and_unsubscribes_by_kind(
    server: MailServer, clock: Clock
) -> None:
    order = to_guest(an_order())
    tell(clock)
    send_due(clock=clock)
    link = next(word for word in body(server, 0).split() if "/api/notifications/orders/" in word)
    path = link.removeprefix("https://shop.example")

    shown = Client().get(path).json()["data"]
    assert (shown["order_number"], len(shown["items"])) == (order.order_number, 1)
    assert Client().get(path[:-3] + "x/").status_code == 404
    assert server.accepted[0][1]["List-Unsubscribe"] is None
    assert Delivery.objects.get(state=DeliveryState.SENT).address == ""

    ship_and_deliver(order)
    tell(clock)
    send_due(clock=clock)
    stop = str(server.accepted[1][1]["List-Unsubscribe"]).strip(" <>").removeprefix("https://shop.example")
    assert Client().post(stop).status_code == 200
    second = to_guest(an_order())
    ship_and_deliver(second)
    tell(clock)
    send_due(clock=clock)
    assert subjects(server)[3:] == [
        f"Your order {second.order_number} is {step}" for step in ("confirmed", "delivered")
    ]

    Order.objects.filter(pk=order.pk).update(email="")
    assert Client().get(path).status_code == 404


def test_an_order_that_is_paid_at_once_is_told_as_confirmed_only(server: MailServer, clock: Clock) -> None:
    order = an_order(payment=PaymentMethod.TEST)
    tell(clock)
    assert send_due(clock=clock) == 0
    settled(order)
    tell(clock)
    send_due(clock=clock)
    assert subjects(server) == [f"Your order {order.order_number} is confirmed"]


def test_a_declined_payment_is_told_while_it_can_be_paid(server: MailServer, clock: Clock) -> None:
    order = settled(an_order(payment=PaymentMethod.TEST, payment_options={"scenario": "decline"}))
    cancelled = settled(an_order(payment=PaymentMethod.TEST, payment_options={"scenario": "decline"}))
    cancel_units(cancelled.pk, by=SYSTEM, now=NOW)
    tell(clock)
    clock.pass_(seconds=30)
    send_due(clock=clock)
    assert sorted(subjects(server)) == sorted(
        [
            f"We have received your order {order.order_number}",
            f"The payment for your order {order.order_number} was declined",
            f"Your order {cancelled.order_number} is cancelled",
        ]
    )


def test_a_message_that_the_server_postpones_holds_up_those_of_the_same_order_only(
    server: MailServer, clock: Clock
) -> None:
    first = an_order()
    ship_and_deliver(first)
    server.rules["RCPT"] = "451 later"
    tell(clock)
    assert send_due(clock=clock) == 0
    server.rules.clear()
    second = an_order()
    tell(clock)
    send_due(clock=clock)
    assert subjects(server) == [f"Your order {second.order_number} is confirmed"]
    clock.pass_(minutes=1)
    send_due(clock=clock)
    assert subjects(server)[1:] == [
        f"Your order {first.order_number} is confirmed",
        f"A parcel of your order {first.order_number} is on its way",
        f"Your order {first.order_number} is delivered",
    ]


def test_facts_that_several_processes_handle_at_once_are_told_once(clock: Clock) -> None:
    ship_and_deliver(an_order())

    def attempt() -> None:
        # The relay repeats a call that failed.
        with suppress(IntegrityError, OperationalError):
            tell(clock)

    together(*[attempt] * 4)
    tell(clock)

    sequence = Delivery.objects.filter(in_sequence=True).order_by("pk").values_list("kind", flat=True)
    assert list(sequence) == ["order_step", "shipment", "order_step"]
    assert DeliveryFact.objects.count() == 4


def test_a_fact_of_a_kind_that_is_off_is_never_told(server: MailServer, clock: Clock, settings: Any) -> None:
    order = an_order()
    settings.NOTIFICATIONS_OFF = frozenset({"order_step:email", "inbox"})
    tell(clock)
    settings.NOTIFICATIONS_OFF = frozenset({"review_request", "inbox"})
    ship_and_deliver(order)
    OrderDeliveries(clock=clock).handle(
        [
            Notice(Topic.SHIPMENT, str(order.shipments.get().pk)),
            Notice(Topic.ORDER_STEP, str(order.history.latest("pk").pk)),
        ]
    )
    send_due(clock=clock)
    assert [subject.split()[0] for subject in subjects(server)] == ["A", "Your"]


def test_the_review_of_an_order_that_was_returned_is_not_asked_for(server: MailServer, clock: Clock) -> None:
    order = an_order()
    ship_and_deliver(order)
    tell(clock)
    send_due(clock=clock)
    order.items.update(returned=2)
    clock.pass_(days=7)
    assert send_due(clock=clock) == 0
    assert Delivery.objects.get(kind="review_request").state == DeliveryState.SKIPPED


def test_messages_about_orders_name_their_customer(server: MailServer, clock: Clock) -> None:
    user = shop.customer(email="ann@shop.example", first_name="Ann", last_name="Ash")
    order_of(user, {shop.variant().pk: 1})
    tell(clock)
    send_due(clock=clock)
    assert body(server, 0).startswith("Hello Ann Ash,")
    assert f"/api/orders/orders/{Order.objects.get().pk}/" in body(server, 0)
