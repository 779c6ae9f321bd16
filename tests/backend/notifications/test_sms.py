"""One-time passwords by SMS, through a provider's HTTP API or on the console."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.utils import timezone
from pytest_django import Settings

from backend.accounts.models import OneTimePassword, User
from backend.accounts.one_time_passwords import code_of, request_code
from backend.notifications import health
from backend.notifications.checks import check_codes_can_be_sent, check_sms_body
from backend.notifications.email_channel import FILES
from backend.notifications.models import Delivery
from backend.notifications.sending import send_due
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import handle
from tests.backend.shop import client_of
from tests.services.shop import free_port

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

PHONE = "+16502530000"


class Provider(ThreadingHTTPServer):
    """A provider that responds with `status`, or disconnects without a response if it is 0."""

    status = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.received: list[tuple[Any, str]] = []


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        self.server.received.append((self.headers, body))
        if self.server.status:
            self.send_response(self.server.status)
            if self.server.status in (301, 302, 307, 308):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

    do_GET = do_POST  # noqa: N815 - the name that the server calls

    def log_message(self, *arguments: Any) -> None:
        """Log nothing."""


@pytest.fixture
def provider(settings: Settings) -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.SMS_URL = f"http://127.0.0.1:{server.server_address[1]}/messages"
        settings.SMS_AUTHORIZATION = "Bearer a-secret"
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def user() -> User:
    return User.objects.create_user(PHONE)


def requested(clock: Clock, phone: str = PHONE) -> str:
    """Request a code, hand its fact to the subscriber twice, and return it."""
    request_code(phone, now=timezone.now())
    row = OneTimePassword.objects.latest("pk")
    for _ in range(2):
        handle(Notice(Topic.ONE_TIME_PASSWORD, str(row.pk)), clock=clock)
    return code_of(row)


def delivered() -> tuple[str, int]:
    row = Delivery.objects.get()
    return row.state, row.attempts


def test_a_code_is_sent_once_as_json(provider: Provider, clock: Clock) -> None:
    code = requested(clock)
    assert (send_due(clock=clock), send_due(clock=clock)) == (1, 0)
    ((headers, body),) = provider.received
    assert json.loads(body) == {
        "to": PHONE,
        "text": f"{code} is your code to set a new password. It is valid for five minutes. Never share it.",
    }
    assert headers["Authorization"] == "Bearer a-secret"
    row = Delivery.objects.get()
    assert (row.channel, row.state, row.address) == ("sms", "SENT", PHONE)
    assert headers["Idempotency-Key"] == row.message_id
    assert code not in str(Delivery.objects.values().get())


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("To={to}&From=Shop&Body=Shop%3A+{text}", {"To": [PHONE], "From": ["Shop"]}),
        ("ref={id}&to=%2B{to}&Body={text}", {"to": [f"+{PHONE}"]}),
    ],
)
def test_a_code_is_sent_as_a_form(
    provider: Provider, clock: Clock, settings: Settings, template: str, expected: dict[str, list[str]]
) -> None:
    settings.SMS_BODY = template
    code = requested(clock)
    send_due(clock=clock)
    ((headers, body),) = provider.received
    form = parse_qs(body)
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert {name: form[name] for name in expected} == expected
    assert code in form["Body"][0]


@pytest.mark.parametrize(
    ("template", "sent"),
    [
        ('{ "to": "{to}", "text": "{text}" }', {"to": PHONE}),
        ('\n{\n  "to": "{to}", "text": "{text}"}', {"to": PHONE}),
        ('[{"to": "{to}", "text": "{text}"}]', [{"to": PHONE}]),
    ],
)
def test_json_of_any_layout_is_sent_as_json(
    provider: Provider, clock: Clock, settings: Settings, template: str, sent: Any
) -> None:
    settings.SMS_BODY = template
    requested(clock)
    send_due(clock=clock)
    ((headers, body),) = provider.received
    received = json.loads(body)
    for message in received if isinstance(received, list) else [received]:
        del message["text"]
    assert (headers["Content-Type"], received) == ("application/json", sent)
    assert check_sms_body() == []


@pytest.mark.parametrize(
    ("template", "error"),
    [
        ('{"to": "{to}", "text": {text}}', "W002"),
        ('{ "to": "{to}", "text": "{text}"', "W002"),
        ('{"to": "{to}"}', "W003"),
        ("Body={text}", "W003"),
    ],
)
def test_a_template_that_sends_no_usable_message_is_reported(
    settings: Settings, template: str, error: str
) -> None:
    settings.SMS_BODY = template
    assert [found.id for found in check_sms_body()] == [f"notifications.{error}"]


def test_production_warns_if_codes_cannot_be_sent(settings: Settings) -> None:
    assert (list(check_codes_can_be_sent()), "hint" in health.check()) == ([], False)
    settings.ENVIRONMENT = "production"
    settings.EMAIL_BACKEND = FILES
    assert [found.id for found in check_codes_can_be_sent()] == ["notifications.W001"]
    assert health.check()["hint"] == health.NO_CODES
    settings.SMS_URL = "https://sms.example/messages"
    assert (list(check_codes_can_be_sent()), "hint" in health.check()) == ([], False)


def test_values_are_not_taken_for_placeholders_and_nested_templates_are_filled(
    provider: Provider, clock: Clock, settings: Settings
) -> None:
    settings.SMS_BODY = (
        '{"messages": [{"to": ["{to}"], "body": "Shop: {text}", "flash": false}], "id": "{id}"}'
    )
    requested(clock)
    send_due(clock=clock)
    sent = json.loads(provider.received[0][1])
    (message,) = sent["messages"]
    assert (message["to"], message["flash"], sent["id"]) == (
        [PHONE],
        False,
        Delivery.objects.get().message_id,
    )
    assert message["body"].startswith("Shop: ")


def test_a_phone_without_an_account_gets_no_message(provider: Provider, clock: Clock) -> None:
    requested(clock, "+16502530999")
    assert send_due(clock=clock) == 0
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("change", [{"expires_at": timezone.now()}, {"used_at": timezone.now()}])
def test_a_code_that_is_no_longer_valid_is_not_sent(
    provider: Provider, clock: Clock, change: dict[str, Any]
) -> None:
    requested(clock)
    OneTimePassword.objects.update(**change)
    send_due(clock=clock)
    assert (provider.received, delivered()) == ([], ("SKIPPED", 0))


def test_of_two_codes_that_wait_only_the_newer_is_sent(provider: Provider, clock: Clock) -> None:
    requested(clock)
    newer = requested(clock)
    send_due(clock=clock)
    ((_, body),) = provider.received
    assert newer in body


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (202, ("SENT", 0)),
        (400, ("FAILED", 0)),
        (422, ("FAILED", 0)),
        (429, ("PENDING", 1)),
        (500, ("PENDING", 1)),
        (503, ("PENDING", 1)),
        (401, ("PENDING", 0)),
        (301, ("PENDING", 0)),
        (302, ("PENDING", 0)),
        (307, ("PENDING", 0)),
        (0, ("POSSIBLY_SENT", 0)),
    ],
)
def test_the_response_of_the_provider_decides_what_happens(
    provider: Provider, clock: Clock, status: int, outcome: tuple[str, int]
) -> None:
    provider.status = status
    requested(clock)
    send_due(clock=clock)
    assert delivered() == outcome
    assert len(provider.received) == 1
    assert "code" not in Delivery.objects.get().reason


def test_a_provider_that_is_down_uses_up_no_attempt(clock: Clock, settings: Settings) -> None:
    settings.SMS_URL = f"http://127.0.0.1:{free_port()}/"
    requested(clock)
    send_due(clock=clock)
    assert delivered() == ("PENDING", 0)
    assert "refused" in Delivery.objects.get().reason


def test_without_a_provider_development_prints_and_production_sends_nothing(
    clock: Clock, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    code = requested(clock)
    send_due(clock=clock)
    assert capsys.readouterr().out == (
        f"SMS to {PHONE}: {code} is your code to set a new password. It is valid for five minutes. "
        "Never share it.\n"
    )

    Delivery.objects.all().delete()
    settings.ENVIRONMENT = "production"
    requested(clock)
    send_due(clock=clock)
    assert (capsys.readouterr().out, delivered()) == ("", ("SKIPPED", 0))


def test_users_cannot_unsubscribe_from_codes(user: User) -> None:
    client = client_of(user)
    kinds = {row["kind"] for row in client.get("/api/notifications/preferences/").json()["data"]}
    assert kinds >= {"stock_alert", "shipment"}
    assert not kinds & {"one_time_password", "email_verification", "security_notice", "order_step"}
    refused = client.put("/api/notifications/preferences/one_time_password/", {"subscribed": False})
    assert refused.status_code == 404
