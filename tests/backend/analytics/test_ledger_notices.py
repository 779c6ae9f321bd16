"""Staff are told which orders differ between the ledger and the warehouse, once a day."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from analytics_pipeline.warehouse import Warehouse
from backend.accounts.areas import StaffArea, stored_areas
from backend.accounts.models import User
from backend.analytics.models import LedgerNotice, Reconciliation
from backend.analytics.reconciliation.storing import reconcile_and_store
from backend.catalog.models import Product
from backend.notifications.models import Delivery, DeliveryState, NotificationKind
from backend.notifications.sending import send_due
from backend.notifications.services import unsubscribe
from backend.notifications.subscribers import Deliveries
from backend.orders.models import Movement, Order
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.notifications.conftest import Clock
from tests.backend.shop import SYSTEM

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
    """Compare, and hand what is in the outbox to notifications, as the relay may do more than once."""
    row = reconcile_and_store(lambda: warehouse, clock=clock)
    keys = list(Message.objects.filter(topic=Topic.LEDGER_FINDING).values_list("key", flat=True))
    Deliveries(clock=clock).handle([Notice(Topic.LEDGER_FINDING, key) for key in keys])
    send_due(clock=clock)
    return row


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
