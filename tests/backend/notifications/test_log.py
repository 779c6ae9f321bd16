"""The log of deliveries: for staff, sending again, health and retention."""

from datetime import timedelta

import pytest

from backend.accounts.models import User
from backend.audit.models import AuditEntry
from backend.notifications.errors import DeliveriesStuck
from backend.notifications.health import check_at
from backend.notifications.models import Delivery, DeliveryFact
from backend.notifications.sending import send_due
from backend.notifications.services import delete_old_deliveries
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import a_due_delivery
from tests.backend.shop import client_of
from tests.services.smtp import Break, MailServer

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

LOG = "/api/notifications/deliveries/"


def test_staff_see_why_a_message_was_not_sent_and_send_it_again(server: MailServer, clock: Clock) -> None:
    delivery = a_due_delivery(clock)
    server.reset(RCPT="550 no such mailbox")
    send_due(clock=clock)
    staff = client_of(shop.staff())

    (row,) = staff.get(LOG, {"state": "FAILED", "recipient": str(delivery.recipient_id)}).json()["results"]
    assert (row["id"], row["reason"], row["address"]) == (
        delivery.pk,
        "550 no such mailbox",
        "ann@shop.example",
    )
    assert staff.get(LOG, {"kind": "back_in_stock"}).json()["count"] == 0

    User.objects.filter(deliveries=delivery).update(email="ann.lee@shop.example")
    again = staff.post(f"{LOG}{delivery.pk}/send-again/")
    assert again.json()["data"]["state"] == "PENDING"
    twice = staff.post(f"{LOG}{delivery.pk}/send-again/")
    assert (twice.status_code, twice.json()["code"]) == (409, "delivery_unfinished")
    assert staff.post(f"{LOG}999999/send-again/").json()["code"] == "delivery_not_found"

    server.reset()
    clock.now = Delivery.objects.get().due_at
    assert send_due(clock=clock) == 1
    assert [address for address, _ in server.accepted] == ["ann.lee@shop.example"]
    entry = AuditEntry.objects.get(action="notifications.sent_again")
    assert entry.changes == {"state": ["FAILED", "PENDING"]}


def test_a_message_that_was_sent_is_sent_again_as_another_message(server: MailServer, clock: Clock) -> None:
    delivery = a_due_delivery(clock)
    send_due(clock=clock)
    client_of(shop.staff()).post(f"{LOG}{delivery.pk}/send-again/")
    clock.now = Delivery.objects.get().due_at
    send_due(clock=clock)
    first, second = (str(message["Message-ID"]) for _, message in server.accepted)
    assert first != second


@pytest.mark.parametrize("role", [shop.customer, shop.seller])
def test_the_log_is_for_staff(role: type) -> None:
    client = client_of(role())
    assert client.get(LOG).status_code == 403
    assert client.post(f"{LOG}1/send-again/").status_code == 403


def test_health_reports_messages_that_wait_for_the_server_and_why(server: MailServer, clock: Clock) -> None:
    a_due_delivery(clock)
    assert check_at(clock.now) == {"waiting": 1, "failed": 0, "possibly_sent": 0}
    server.reset(CONNECT=Break.CLOSE)
    for _ in range(16):
        send_due(clock=clock)
        clock.pass_(minutes=1)
    with pytest.raises(DeliveriesStuck, match="1 messages wait, the oldest for 17 minutes: SMTPServer"):
        check_at(clock.now)
    server.reset()
    assert send_due(clock=clock) == 1
    assert check_at(clock.now) == {"waiting": 0, "failed": 0, "possibly_sent": 0}


def test_health_reports_that_no_worker_sends(clock: Clock) -> None:
    a_due_delivery(clock)
    clock.pass_(minutes=20)
    with pytest.raises(DeliveriesStuck, match="no worker has tried"):
        check_at(clock.now)


def test_old_finished_deliveries_are_deleted(server: MailServer, clock: Clock) -> None:
    a_due_delivery(clock)
    send_due(clock=clock)
    clock.pass_(days=91)
    waiting = a_due_delivery(clock)
    Delivery.objects.filter(pk=waiting.pk).update(queued_at=clock.now - timedelta(days=91))
    assert delete_old_deliveries(older_than=timedelta(days=90), now=clock.now) == 1
    assert list(Delivery.objects.values_list("pk", flat=True)) == [waiting.pk]
    assert DeliveryFact.objects.count() == 1
