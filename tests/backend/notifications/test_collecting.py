"""Facts become deliveries: each fact is sent once, and several within a short time in one message."""

import pytest

from backend.notifications.models import Delivery, DeliveryFact
from backend.notifications.sending import send_due
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import alert, back_in_stock, handle
from tests.backend.together import together
from tests.services.smtp import MailServer

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def subjects(server: MailServer) -> list[tuple[str, str]]:
    return [(address, str(message["Subject"])) for address, message in server.accepted]


def test_alerts_of_a_seller_within_a_minute_are_one_message(server: MailServer, clock: Clock) -> None:
    ann, bob = shop.seller(email="ann@shop.example"), shop.seller(email="bob@shop.example")
    lamp, shade = shop.variant(title="Lamp", sold_by=ann), shop.variant(title="Shade", sold_by=ann)
    handle(alert(lamp), alert(shop.variant(title="Mug", sold_by=bob), available=2), clock=clock)
    clock.pass_(seconds=59)
    assert send_due(clock=clock) == 0
    handle(alert(shade), clock=clock)
    clock.pass_(seconds=1)

    assert send_due(clock=clock) == 2

    assert sorted(subjects(server)) == [
        ("ann@shop.example", "2 variants are low on stock or sold out"),
        ("bob@shop.example", "Low stock: Mug, 2 left"),
    ]
    handle(alert(shop.variant(title="Vase", sold_by=ann)), clock=clock)
    clock.pass_(seconds=60)
    assert send_due(clock=clock) == 1
    assert subjects(server)[-1] == ("ann@shop.example", "Sold out: Vase")


def test_only_the_last_alert_of_a_variant_is_shown(server: MailServer, clock: Clock) -> None:
    lamp = shop.variant(title="Lamp", sold_by=shop.seller(email="ann@shop.example"))
    handle(alert(lamp, available=3), alert(lamp), clock=clock)
    clock.pass_(seconds=60)
    send_due(clock=clock)
    assert subjects(server) == [("ann@shop.example", "Sold out: Lamp")]


def test_a_restock_sends_no_message_to_the_seller(clock: Clock) -> None:
    lamp = shop.variant()
    notice = alert(lamp)
    lamp.stock_alerts.update(level="SUFFICIENT", previous_level="OUT")
    handle(notice, clock=clock)
    assert Delivery.objects.count() == 0


def test_facts_that_are_delivered_again_are_sent_once(server: MailServer, clock: Clock) -> None:
    ann = shop.customer(email="ann@shop.example")
    notices = [back_in_stock(ann, shop.variant()) for _ in range(3)]
    handle(*notices, clock=clock)
    handle(*notices, clock=clock)
    clock.pass_(seconds=10)
    assert send_due(clock=clock) == 1
    handle(*notices, clock=clock)
    clock.pass_(seconds=10)
    assert send_due(clock=clock) == 0
    assert (len(server.accepted), DeliveryFact.objects.count()) == (1, 3)


def test_facts_that_several_processes_handle_at_once_are_sent_once(clock: Clock) -> None:
    ann = shop.customer(email="ann@shop.example")
    notices = [back_in_stock(ann, shop.variant()) for _ in range(5)]

    together(*[lambda: handle(*notices, clock=clock)] * 4)
    handle(*notices, clock=clock)

    assert Delivery.objects.count() == 1
    assert DeliveryFact.objects.count() == 5


def test_facts_that_arrive_while_messages_are_sent_are_all_sent(server: MailServer, clock: Clock) -> None:
    ann = shop.customer(email="ann@shop.example")
    notices = [back_in_stock(ann, shop.variant(title=f"Lamp {number}")) for number in range(12)]
    handle(notices[0], clock=clock)
    clock.pass_(seconds=10)

    def add() -> None:
        for notice in notices[1:]:
            handle(notice, clock=clock)

    together(add, lambda: send_due(clock=clock), lambda: send_due(clock=clock))
    clock.pass_(seconds=10)
    send_due(clock=clock)

    texts = "".join(
        part.get_content()
        for _, message in server.accepted
        for part in [message.get_body(("plain",))]
        if part is not None
    )
    assert [texts.count(f"- Lamp {number}, ") for number in range(12)] == [1] * 12
