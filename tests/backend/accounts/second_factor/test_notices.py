"""The owner of an account is notified of changes to the second factor; operators can remove it."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db.models import F
from pytest_django import Settings
from rest_framework.test import APIClient

from backend.accounts.models import SecurityEvent, User
from backend.accounts.tasks import forget_security_events
from backend.audit.models import AuditEntry
from backend.notifications.models import Delivery
from backend.notifications.sending import send_due
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.accounts.clients import PASSWORD, log_in
from tests.backend.accounts.second_factor.clients import OWN, current, enrolled
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import handle

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def test_the_owner_is_notified_of_every_change(own: APIClient, settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    User.objects.update(email="john@shop.example", first_name="John")
    app, codes = enrolled(own)
    password = {"password": PASSWORD}
    assert own.post(f"{OWN}recovery-codes/", password | {"code": codes[0]}).status_code == 201
    assert own.post(f"{OWN}totp/disable/", password | {"code": current(app)}).status_code == 200

    clock = Clock()
    published = (
        Message.objects.filter(topic=Topic.SECURITY_EVENT).order_by("pk").values_list("key", flat=True)
    )
    for key in published:
        handle(Notice(Topic.SECURITY_EVENT, key), clock=clock)
        send_due(clock=clock)

    assert [message.subject for message in mail.outbox] == [
        "A second factor was added",
        "The recovery codes were replaced",
        "A second factor was removed",
    ]
    first = mail.outbox[0]
    assert first.to == ["john@shop.example"]
    assert "Hello John," in str(first.body)
    assert "A second factor was added (authenticator app)" in str(first.body)
    assert not any(secret in str(first.body) for secret in (app.secret, *codes))
    assert set(Delivery.objects.values_list("state", flat=True)) == {"SENT"}


def test_old_events_are_deleted(own: APIClient) -> None:
    enrolled(own)
    assert forget_security_events() == 0
    SecurityEvent.objects.update(happened_at=F("happened_at") - timedelta(days=91))
    assert forget_security_events() == 1


def test_a_command_removes_the_second_factor_of_a_user_who_lost_it(client: APIClient, own: APIClient) -> None:
    enrolled(own)
    printed = StringIO()
    call_command("remove_second_factor", "+16502530000", stdout=printed)

    assert printed.getvalue() == "removed from +16502530000: authenticator app, recovery codes\n"
    assert own.get(OWN).status_code == 401
    assert log_in(client)["access_token"]
    entry = AuditEntry.objects.get(action="accounts.second_factors_removed")
    assert entry.changes == {"methods": [["totp", "recovery_code"], []]}
    assert SecurityEvent.objects.latest("pk").detail == "authenticator app, recovery codes"
    with pytest.raises(CommandError, match="no second factor"):
        call_command("remove_second_factor", "+16502530000")
    with pytest.raises(CommandError):
        call_command("remove_second_factor", "+16502539999")
