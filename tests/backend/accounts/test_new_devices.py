"""Owners are notified of logins from devices that their account is not known to use."""

from datetime import timedelta
from functools import partial

import pytest
from django.core import mail
from django.db.models import F
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from backend.accounts.models import SecurityEvent, SecurityEventKind, User
from backend.accounts.services import log_in as log_in_directly
from backend.notifications.models import Delivery
from backend.notifications.sending import send_due
from backend.notifications.subscribers import Deliveries
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.accounts.clients import PASSWORD, PHONE, log_in
from tests.backend.config.admin_site.browser import log_in as log_in_to_the_admin
from tests.backend.shop import staff
from tests.backend.together import together

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

PHONE_BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1"


@pytest.fixture(autouse=True)
def user() -> User:
    return User.objects.create_user(
        PHONE, PASSWORD, email="ann@shop.example", email_verified_at=timezone.now()
    )


def deliver_everything_twice() -> list[str]:
    """Hand the published events to the notifications twice, as after a crash; return the texts of the mails."""
    mail.outbox.clear()
    keys = Message.objects.filter(topic=Topic.SECURITY_EVENT).order_by("pk").values_list("key", flat=True)
    for _ in range(2):
        Deliveries(clock=timezone.now).handle([Notice(Topic.SECURITY_EVENT, key) for key in keys])
        send_due(clock=timezone.now)
    return [str(message.body) for message in mail.outbox]


def test_a_login_from_another_browser_is_reported_once_to_the_verified_address() -> None:
    own, other = APIClient(), APIClient()
    for _ in range(2):
        log_in(own)
    assert not SecurityEvent.objects.exists()

    log_in(other, user_agent=PHONE_BROWSER)
    log_in(other, user_agent=PHONE_BROWSER)

    (text,) = deliver_everything_twice()
    assert "A login from a new device (Safari on iPhone, 127.0.0.1)" in text
    assert {message.to[0] for message in mail.outbox} == {"ann@shop.example"}
    assert list(Delivery.objects.filter(channel="email").values_list("state", flat=True)) == ["SENT"]


def test_failed_logins_are_not_reported() -> None:
    log_in(APIClient())
    for password in ("a wrong password", ""):
        APIClient().post("/accounts/login/", {"phone": PHONE, "password": password})
    assert not SecurityEvent.objects.exists()


def test_an_attacker_who_logs_in_often_cannot_flood_the_owner() -> None:
    log_in(APIClient())
    enter = partial(log_in_directly, phone=PHONE, password=PASSWORD, now=timezone.now())
    together(*[enter] * 6)
    log_in(APIClient())
    events = SecurityEvent.objects.filter(kind=SecurityEventKind.NEW_DEVICE)
    assert events.count() == 3

    events.update(happened_at=F("happened_at") - timedelta(days=1))
    log_in(APIClient())
    assert events.count() == 4


def test_a_browser_that_logged_in_to_the_admin_is_known_from_then_on() -> None:
    member, browser = staff(password=PASSWORD), Client()
    for _ in range(2):
        assert log_in_to_the_admin(browser, phone=str(member.phone)).status_code == 302
        browser.cookies.pop("admin_session")
    assert browser.cookies["device_token"]["httponly"]
    assert not SecurityEvent.objects.exists()
    assert log_in_to_the_admin(Client(), phone=str(member.phone)).status_code == 302
    assert SecurityEvent.objects.get().user == member
