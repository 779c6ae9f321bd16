"""The inbox of an account, the choice of channels, and quiet hours."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from backend.accounts.models import User
from backend.notifications.inbox import delete_old_messages
from backend.notifications.models import Delivery, DeliveryState, InboxMessage, QuietHours
from backend.notifications.quiet_hours import end_of
from backend.notifications.sending import CLAIM_LASTS, send_due
from backend.notifications.subscribers import OrderDeliveries
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import back_in_stock, handle
from tests.backend.orders.steps import order_of
from tests.backend.shop import NOW, client_of
from tests.services.smtp import MailServer

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

INBOX = "/api/notifications/"
QUIET = f"{INBOX}quiet-hours/"


@pytest.fixture(autouse=True)
def with_inbox(settings: Any) -> None:
    settings.NOTIFICATIONS_OFF = frozenset()


@pytest.fixture
def ann() -> User:
    return shop.customer(email="ann@shop.example")


def told(user: User, clock: Clock, *titles: str) -> None:
    """Tell the user that products are available, each in a message of its own."""
    for title in titles:
        handle(back_in_stock(user, shop.variant(title=title)), clock=clock)
        clock.pass_(seconds=10)
        send_due(clock=clock)


def titles(client: Any, **parameters: Any) -> list[str]:
    return [row["title"] for row in client.get(INBOX, parameters).json()["results"]]


def test_messages_are_in_the_inbox_until_they_are_old(ann: User, server: MailServer, clock: Clock) -> None:
    client, other = client_of(ann), client_of(shop.customer())
    told(ann, clock, "Lamp", "Shade", "Vase")

    rows = client.get(INBOX).json()["results"]
    assert [row["title"] for row in rows] == [
        f"Available again: {title}" for title in ("Vase", "Shade", "Lamp")
    ]
    assert rows[2]["url"].startswith("https://shop.example/p/lamp-")
    assert (len(server.accepted), titles(other)) == (3, [])

    assert client.post(f"{INBOX}{rows[1]['id']}/read/").json()["data"]["read_at"] is not None
    assert client.get(f"{INBOX}unread/").json()["data"] == {"unread": 2}
    assert titles(client, unread="true") == ["Available again: Vase", "Available again: Lamp"]
    assert client.post(f"{INBOX}read/", {"up_to": rows[2]["id"]}).json()["data"] == {"unread": 1}
    assert client.post(f"{INBOX}read/").json()["data"] == {"unread": 0}
    assert other.post(f"{INBOX}{rows[0]['id']}/read/").json()["code"] == "inbox_message_not_found"

    InboxMessage.objects.filter(pk=rows[2]["id"]).update(created_at=NOW - timedelta(days=91))
    assert delete_old_messages(older_than=timedelta(days=90), now=NOW) == 1


def test_a_message_whose_worker_was_killed_is_in_the_inbox_once(ann: User, clock: Clock) -> None:
    told(ann, clock, "Lamp")
    stored = Delivery.objects.filter(channel="inbox")
    stored.update(state=DeliveryState.SENDING, claimed_at=clock.now, finished_at=None)
    clock.now += CLAIM_LASTS + timedelta(seconds=1)
    send_due(clock=clock)
    assert (stored.get().state, InboxMessage.objects.count()) == (DeliveryState.SENT, 1)


def test_kinds_are_chosen_by_channel(ann: User, server: MailServer, clock: Clock) -> None:
    client = client_of(ann)
    path = f"{INBOX}preferences/back_in_stock/"
    rows = client.patch(path, {"email": False}).json()["data"]
    assert [row["channels"] for row in rows if row["kind"] == "back_in_stock"] == [
        {"email": False, "inbox": True}
    ]
    told(ann, clock, "Lamp")
    assert (server.accepted, len(titles(client))) == ([], 1)
    client.patch(path, {"email": True, "inbox": False})
    told(ann, clock, "Shade")
    assert (len(server.accepted), len(titles(client))) == (1, 1)
    assert client.patch(f"{INBOX}preferences/cart_left/", {"inbox": False}).status_code == 400


def test_the_inbox_has_the_steps_of_own_orders(ann: User, server: MailServer, clock: Clock) -> None:
    order = order_of(ann, {shop.variant().pk: 1})
    rows = Message.objects.filter(topic=Topic.ORDER_STEP).order_by("pk")
    OrderDeliveries(clock=clock).handle([Notice(Topic.ORDER_STEP, row.key) for row in rows])
    send_due(clock=clock)
    assert titles(client_of(ann)) == [f"Your order {order.order_number} is confirmed"]


def test_messages_wait_for_the_end_of_quiet_hours_for_more_than_a_day_if_need_be(
    ann: User, server: MailServer, clock: Clock
) -> None:
    client = client_of(ann)
    hours = {"starts": "12:00", "ends": "11:30", "time_zone": "UTC"}
    assert client.put(QUIET, hours).json()["data"] == hours == client.get(QUIET).json()["data"]
    told(ann, clock, "Lamp")
    assert (server.accepted, len(titles(client))) == ([], 1)
    clock.pass_(hours=23)
    assert send_due(clock=clock) == 0
    clock.pass_(minutes=30)
    assert send_due(clock=clock) == 1

    clock.pass_(hours=1)
    told(ann, clock, "Shade")
    assert len(server.accepted) == 1
    assert client.delete(QUIET).json()["data"]["starts"] is None
    Delivery.objects.filter(state=DeliveryState.PENDING).update(due_at=clock.now, queued_at=clock.now)
    send_due(clock=clock)
    assert len(server.accepted) == 2


def test_facts_of_quiet_hours_become_one_message(ann: User, server: MailServer, clock: Clock) -> None:
    client_of(ann).put(QUIET, {"starts": "12:00", "ends": "14:00", "time_zone": "UTC"})
    told(ann, clock, "Lamp", "Shade", "Vase")
    assert server.accepted == []
    clock.pass_(hours=2)
    assert send_due(clock=clock) == 1
    [(_, message)] = server.accepted
    assert message["Subject"] == "3 products that you waited for are available again"


@pytest.mark.parametrize(
    "body",
    [
        {"starts": "22:00", "ends": "22:00", "time_zone": "UTC"},
        {"starts": "22:00", "ends": "07:00", "time_zone": "Mars/Olympus"},
        {"starts": "late", "ends": "07:00", "time_zone": "UTC"},
    ],
    ids=["no length", "unknown zone", "no time"],
)
def test_quiet_hours_are_validated(ann: User, body: dict[str, str]) -> None:
    assert client_of(ann).put(QUIET, body).status_code == 400


@pytest.mark.parametrize(
    ("starts", "ends", "zone", "now", "end"),
    [
        ("22:00", "07:00", "UTC", "2026-03-02 23:00", "2026-03-03 07:00"),
        ("22:00", "07:00", "UTC", "2026-03-03 06:59", "2026-03-03 07:00"),
        ("22:00", "07:00", "UTC", "2026-03-03 07:00", None),
        ("09:00", "17:00", "UTC", "2026-03-03 08:59", None),
        ("22:00", "07:00", "Asia/Tokyo", "2026-03-02 13:00", "2026-03-02 22:00"),
        ("22:00", "07:00", "Europe/Berlin", "2026-03-29 00:00", "2026-03-29 05:00"),
        ("22:00", "02:30", "Europe/Berlin", "2026-10-25 01:15", "2026-10-25 01:30"),
    ],
    ids=[
        "evening",
        "morning",
        "at the end",
        "before",
        "another zone",
        "clocks set forward",
        "clocks set back",
    ],
)
def test_the_end_of_quiet_hours(starts: str, ends: str, zone: str, now: str, end: str | None) -> None:
    hours = QuietHours(starts=time.fromisoformat(starts), ends=time.fromisoformat(ends), time_zone=zone)
    at = datetime.fromisoformat(now).replace(tzinfo=UTC)
    expected = None if end is None else datetime.fromisoformat(end).replace(tzinfo=UTC)
    assert end_of(hours, now=at) == expected
