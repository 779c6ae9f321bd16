"""Staff are told which orders differ between the ledger and the warehouse, at most once a day for the same ones."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from analytics_pipeline.warehouse import Warehouse
from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.models import User
from backend.analytics.models import LedgerNotice, Reconciliation
from backend.analytics.reconciliation import storing
from backend.analytics.reconciliation.storing import reconcile_and_store
from backend.catalog.models import Product
from backend.notifications.models import Delivery, DeliveryState, NotificationKind
from backend.notifications.sending import send_due
from backend.notifications.services import unsubscribe
from backend.notifications.subscribers import Deliveries
from backend.orders.bulk import import_orders
from backend.orders.models import Movement, Order
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.analytics.conftest import deliver as relay
from tests.backend.analytics.conftest import past_order
from tests.backend.notifications.conftest import Clock
from tests.backend.shop import SYSTEM, client_of, customer, seller

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True), pytest.mark.shows("warehouse")]


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 4, 1, 3, 30, tzinfo=UTC))


def member(name: str, *, area: StaffArea = StaffArea.REPORTS, is_verified: bool = True) -> User:
    """Create a member of staff with one area, whose phone number ends with the length of the name."""
    return User.objects.create_user(
        f"+155502010{len(name):02d}",
        email=f"{name}@shop.example",
        email_verified_at=timezone.now() if is_verified else None,
        is_staff=True,
        areas=stored_areas([area]),
    )


@pytest.fixture
def analyst(sold: list[Product]) -> User:
    return member("ann")


def compare(warehouse: Warehouse, clock: Clock) -> Reconciliation:
    """Compare, and mail what was found."""
    row = reconcile_and_store(lambda: warehouse, clock=clock)
    deliver(clock)
    return row


def deliver(clock: Clock) -> None:
    """Hand all facts in the outbox to notifications again, as the relay may do, and send due messages."""
    keys = list(Message.objects.filter(topic=Topic.LEDGER_FINDING).values_list("key", flat=True))
    Deliveries(clock=clock).handle([Notice(Topic.LEDGER_FINDING, key) for key in keys])
    send_due(clock=clock)


def lose(warehouse: Warehouse, movement: Movement) -> None:
    warehouse.command("DELETE FROM order_facts WHERE movement_id = {id:UInt64}", {"id": movement.pk})


def test_a_difference_is_mailed_to_staff_who_may_see_reports_with_its_orders_and_the_remedy(
    warehouse: Warehouse, analyst: User, clock: Clock
) -> None:
    member("packer", area=StaffArea.ORDERS)
    lose(warehouse, Movement.objects.earliest("pk"))

    row = compare(warehouse, clock)

    (sent,) = mail.outbox
    assert sent.to == ["ann@shop.example"]
    assert sent.subject == "1 movement of orders differs between the shop and its reports"
    (html, _), *_ = sent.alternatives  # type: ignore[attr-defined]
    for text in (sent.body, html):
        assert f"{Order.objects.get().order_number}: missing" in text
        assert "1 of 3 movements of 2 days differ (missing 1)" in text
        assert "manage.py reconcile --repair" in text
        assert f"/admin/analytics/reconciliation/{row.pk}/change/" in text


def test_the_same_difference_is_mailed_once_a_day_and_another_one_at_once(
    warehouse: Warehouse, analyst: User, clock: Clock, settings: Settings
) -> None:
    settings.SHOP_TIME_ZONE = "Europe/Berlin"
    first, second, *_ = Movement.objects.order_by("pk")
    assert compare(warehouse, clock).state == "AGREES"
    assert not mail.outbox
    lose(warehouse, first)

    for _ in range(2):
        compare(warehouse, clock)
    assert len(mail.outbox) == 1
    lose(warehouse, second)
    compare(warehouse, clock)
    assert len(mail.outbox) == 2
    # 23:30 in Berlin, then 0:30 of the next day.
    clock.now = datetime(2026, 4, 1, 21, 30, tzinfo=UTC)
    compare(warehouse, clock)
    assert len(mail.outbox) == 2
    clock.now += timedelta(hours=1)
    compare(warehouse, clock)
    assert len(mail.outbox) == 3
    assert LedgerNotice.objects.count() == 3


def test_totals_of_movements_that_agree_are_no_other_difference(
    warehouse: Warehouse, sold: list[Product], analyst: User, clock: Clock
) -> None:
    lose(warehouse, Movement.objects.earliest("pk"))
    totals = compare(warehouse, clock).totals

    for reference in ("2", "3"):
        import_orders([replace(past_order(sold, None), reference=reference)], source="test")
        relay()
        row = compare(warehouse, clock)
        assert (row.differing, row.pending, row.totals == totals) == (1, 0, False)

    assert len(mail.outbox) == 1


def test_notices_outlive_their_comparison_so_that_none_is_mailed_twice_or_lost(
    warehouse: Warehouse, analyst: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storing, "KEPT", 2)
    lose(warehouse, Movement.objects.earliest("pk"))
    for _ in range(3):
        reconcile_and_store(lambda: warehouse, clock=clock)
        clock.pass_(minutes=5)

    deliver(clock)
    for _ in range(3):
        compare(warehouse, clock)

    assert Reconciliation.objects.count() == 2
    (sent,) = mail.outbox
    assert f"{Order.objects.get().order_number}: missing" in sent.body
    assert "2026-04-01 03:30 UTC: 1 of 3 movements of 2 days differ (missing 1)" in sent.body
    assert "/admin/analytics/reconciliation/\n" in sent.body


def test_notices_are_deleted_when_their_deliveries_are(
    warehouse: Warehouse, analyst: User, clock: Clock, settings: Settings
) -> None:
    settings.DELIVERY_RETENTION = timedelta(days=2)
    lose(warehouse, Movement.objects.earliest("pk"))
    for _ in range(4):
        compare(warehouse, clock)
        clock.pass_(days=1)
    assert list(LedgerNotice.objects.order_by("day").values_list("day", flat=True)) == [
        date(2026, 4, day) for day in (2, 3, 4)
    ]


def test_only_staff_who_may_see_reports_are_offered_the_kind(analyst: User) -> None:
    path = "/api/notifications/preferences/"

    def offered(user: User) -> bool:
        rows = client_of(user).get(path).json()["data"]
        chosen = client_of(user).put(f"{path}ledger_finding/", {"subscribed": True})
        assert (chosen.status_code == 200) == any(row["kind"] == "ledger_finding" for row in rows)
        return bool(chosen.status_code == 200)

    packer = member("packer", area=StaffArea.ORDERS)
    assert [offered(user) for user in (analyst, packer, customer(), seller())] == [True, False, False, False]


def test_nothing_is_sent_to_staff_who_lost_the_area_unsubscribed_or_have_no_verified_address(
    warehouse: Warehouse, analyst: User, clock: Clock
) -> None:
    unknown = member("unknown", is_verified=False)
    away = member("away")
    unsubscribe(away.pk, kind=NotificationKind.LEDGER_FINDING, by=SYSTEM, now=clock.now)
    lose(warehouse, Movement.objects.earliest("pk"))
    reconcile_and_store(lambda: warehouse, clock=clock)
    User.objects.filter(pk=analyst.pk).update(areas="")

    compare(warehouse, clock)

    assert not mail.outbox
    states = Delivery.objects.values_list("recipient", "state")
    assert set(states) == {(user.pk, DeliveryState.SKIPPED) for user in (analyst, unknown, away)}
