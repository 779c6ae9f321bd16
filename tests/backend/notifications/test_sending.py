"""Sending over SMTP: the outcome when the server accepts a message, refuses it, hangs or disconnects."""

import socket
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from backend.accounts.models import User
from backend.audit.actors import Actor
from backend.notifications import sending
from backend.notifications.email_channel import EmailConnection
from backend.notifications.models import Delivery
from backend.notifications.rendering import render
from backend.notifications.sending import BACKOFF, send_due
from backend.notifications.services import send_again
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import a_due_delivery, alert, back_in_stock, handle
from tests.backend.together import together
from tests.services.smtp import Break, MailServer

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]


def state_of(delivery: Delivery) -> str:
    delivery.refresh_from_db()
    return delivery.state


def test_a_message_has_text_html_and_the_headers_that_mail_programs_look_for(
    server: MailServer, clock: Clock
) -> None:
    seller = shop.seller(email="ann@shop.example", first_name="Ann <3")
    lamp = shop.variant(title="Lamp <b> & 'co'", sold_by=seller)
    handle(alert(lamp, available=2), clock=clock)
    clock.pass_(minutes=1)
    assert send_due(clock=clock) == 1

    ((address, message),) = server.accepted
    delivery = Delivery.objects.get()
    assert (address, message["To"], message["From"]) == (
        "ann@shop.example",
        "ann@shop.example",
        "Vitrine <noreply@shop.example>",
    )
    assert message["Message-ID"] == delivery.message_id
    assert delivery.message_id.endswith("@shop.example>")
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = str(message["List-Unsubscribe"]).strip(" <>")
    assert link.startswith("https://shop.example/api/notifications/unsubscribe/")
    assert str(message["Subject"]) == "Low stock: Lamp <b> & 'co', 2 left"
    text, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert text is not None
    assert html is not None
    assert "Hello Ann <3," in text.get_content()
    assert f"- Lamp <b> & 'co', choice 0 ({lamp.sku}): 2 left, threshold 5" in text.get_content()
    assert f"https://shop.example/p/lamp-b-co-{lamp.product_id}" in text.get_content()
    assert "Hello <bdi>Ann &lt;3</bdi>," in html.get_content()
    assert "Lamp &lt;b&gt; &amp; &#x27;co&#x27;</bdi></a>" in html.get_content()
    assert link in text.get_content()
    assert (state_of(delivery), delivery.address, delivery.finished_at) == (
        "SENT",
        "ann@shop.example",
        clock.now,
    )


def test_no_transaction_is_open_while_the_server_is_involved(
    server: MailServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_transactions: list[bool] = []
    steps = {name: getattr(EmailConnection, name) for name in ("open", "send", "close")}
    for name, step in steps.items():

        def watched(*arguments: Any, step: Callable[..., None] = step, **options: Any) -> None:
            open_transactions.append(connection.in_atomic_block)
            step(*arguments, **options)

        monkeypatch.setattr(EmailConnection, name, watched)
    a_due_delivery(clock)
    assert send_due(clock=clock) == 1
    assert open_transactions == [False] * 3


@pytest.mark.parametrize("step", ["RCPT", "MESSAGE", "DATA"])
def test_a_message_that_is_refused_for_good_is_not_tried_again(
    server: MailServer, clock: Clock, step: str
) -> None:
    refused = a_due_delivery(clock)
    server.reset(**{step: "550 no such mailbox"})
    assert send_due(clock=clock) == 0
    assert (state_of(refused), refused.reason) == ("FAILED", "550 no such mailbox")

    server.reset()
    clock.pass_(days=2)
    assert send_due(clock=clock) == 0
    assert server.connections == 0


@pytest.mark.parametrize("step", ["RCPT", "MESSAGE"])
def test_a_refusal_for_now_is_retried_with_growing_pauses_and_given_up(
    server: MailServer, clock: Clock, step: str
) -> None:
    delayed = a_due_delivery(clock)
    server.reset(**{step: "451 greylisted"})
    for pause in BACKOFF:
        assert send_due(clock=clock) == 0
        assert (state_of(delayed), delayed.reason) == ("PENDING", "451 greylisted")
        assert delayed.due_at == clock.now + pause
        clock.pass_(seconds=pause.total_seconds())
    send_due(clock=clock)
    assert (state_of(delayed), delayed.attempts) == ("FAILED", len(BACKOFF))
    assert server.connections == len(BACKOFF) + 1


def test_one_refused_recipient_does_not_delay_the_others(server: MailServer, clock: Clock) -> None:
    a_due_delivery(clock, email="two\nlines@shop.example")
    a_due_delivery(clock)
    assert send_due(clock=clock) == 1
    assert [address for address, _ in server.accepted] == ["ann@shop.example"]


@pytest.mark.parametrize(
    ("step", "rule"),
    [
        ("CONNECT", Break.HANG),
        ("CONNECT", Break.CLOSE),
        ("CONNECT", "554 not today"),
        ("EHLO", Break.CLOSE),
        ("MAIL", Break.HANG),
        ("MAIL", Break.CLOSE),
        ("MAIL", "530 authentication required"),
        ("RCPT", Break.HANG),
        ("RCPT", Break.CLOSE),
    ],
)
def test_an_outage_postpones_all_messages_and_uses_up_no_attempts(
    server: MailServer, clock: Clock, step: str, rule: str | Break
) -> None:
    deliveries = [a_due_delivery(clock) for _ in range(3)]
    server.reset(**{step: rule})
    for _ in range(3):
        assert send_due(clock=clock) == 0
        assert {(state_of(each), each.attempts) for each in deliveries} == {("PENDING", 0)}
        assert all(each.reason for each in deliveries)
        # Nothing is due until the pause is over.
        seen = server.connections
        clock.pass_(seconds=30)
        send_due(clock=clock)
        assert server.connections == seen
        clock.pass_(seconds=30)

    server.reset()
    assert send_due(clock=clock) == 3
    assert len(server.accepted) == 3


def test_a_server_that_is_not_there_is_an_outage_of_at_most_a_day(
    server: MailServer, clock: Clock, settings: Any
) -> None:
    waiting = a_due_delivery(clock)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        settings.EMAIL_PORT = unused.getsockname()[1]
        send_due(clock=clock)
        assert state_of(waiting) == "PENDING"
        clock.pass_(days=1)
        send_due(clock=clock)
    assert state_of(waiting) == "FAILED"
    assert "refused" in waiting.reason


@pytest.mark.parametrize("step", ["DATA", "MESSAGE", "ACCEPTED"])
@pytest.mark.parametrize("rule", [Break.HANG, Break.CLOSE])
def test_a_message_that_may_have_been_accepted_is_marked_and_not_repeated(
    server: MailServer, clock: Clock, step: str, rule: Break
) -> None:
    doubtful = a_due_delivery(clock)
    server.reset(**{step: rule})
    send_due(clock=clock)
    accepted = len(server.accepted)
    assert accepted == (step == "ACCEPTED")
    assert state_of(doubtful) == "POSSIBLY_SENT"
    message_id = doubtful.message_id
    assert message_id

    server.reset()
    clock.pass_(hours=1)
    assert send_due(clock=clock) == 0
    assert server.accepted == []

    send_again(doubtful.pk, by=Actor.system("tests"), now=clock.now)
    assert send_due(clock=clock) == 1
    assert [str(message["Message-ID"]) for _, message in server.accepted] == [message_id]


def test_a_server_that_disconnects_after_accepting_gets_one_message_a_minute(
    server: MailServer, clock: Clock
) -> None:
    for _ in range(3):
        a_due_delivery(clock)
    server.reset(ACCEPTED=Break.CLOSE)
    send_due(clock=clock)
    assert sorted(Delivery.objects.values_list("state", flat=True)) == ["PENDING", "PENDING", "POSSIBLY_SENT"]
    assert server.connections == 1


def test_many_messages_share_a_connection_and_an_error_at_its_end_changes_nothing(
    server: MailServer, clock: Clock
) -> None:
    for _ in range(5):
        a_due_delivery(clock)
    server.reset(QUIT=Break.CLOSE)
    assert send_due(clock=clock) == 5
    assert server.connections == 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {"SENT"}


def test_processes_that_send_at_once_send_each_message_once(server: MailServer, clock: Clock) -> None:
    for _ in range(12):
        a_due_delivery(clock)
    outcomes = together(*[lambda: send_due(clock=clock)] * 4)
    sent = sum(outcome for outcome in outcomes if isinstance(outcome, int))
    assert sent + send_due(clock=clock) == 12, outcomes
    identifiers = [str(message["Message-ID"]) for _, message in server.accepted]
    assert len(identifiers) == len(set(identifiers)) == 12


def test_a_run_leaves_the_rest_to_another_process_that_is_sending(server: MailServer, clock: Clock) -> None:
    sending_now = a_due_delivery(clock)
    a_due_delivery(clock)
    Delivery.objects.filter(pk=sending_now.pk).update(state="SENDING", collecting=False, claimed_at=clock.now)
    assert send_due(clock=clock) == 0
    clock.pass_(minutes=3)
    assert send_due(clock=clock) == 1
    assert state_of(sending_now) == "POSSIBLY_SENT"


def test_a_message_that_cant_be_rendered_fails_alone(
    server: MailServer, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken, fine = a_due_delivery(clock), a_due_delivery(clock)

    def render_all_but_one(delivery: Delivery) -> object:
        if delivery.pk == broken.pk:
            raise KeyError("a field of a template")
        return render(delivery)

    monkeypatch.setattr(sending, "render", render_all_but_one)
    assert send_due(clock=clock) == 1
    assert (state_of(broken), state_of(fine)) == ("FAILED", "SENT")


@pytest.mark.parametrize(
    ("field", "value", "reason"),
    [("email", "", "The recipient has no address."), ("is_active", False, "The account is inactive.")],
)
def test_a_recipient_who_cant_be_reached_is_skipped_without_a_connection(
    server: MailServer, clock: Clock, field: str, value: object, reason: str
) -> None:
    skipped = a_due_delivery(clock)
    User.objects.filter(deliveries=skipped).update(**{field: value})
    assert send_due(clock=clock) == 0
    assert (state_of(skipped), skipped.reason, server.connections) == ("SKIPPED", reason, 0)


def test_deleting_an_account_deletes_its_deliveries(server: MailServer, clock: Clock) -> None:
    customer = shop.customer(email="ann@shop.example")
    handle(back_in_stock(customer, shop.variant()), clock=clock)
    customer.delete()
    clock.pass_(minutes=1)
    assert send_due(clock=clock) == 0
    assert Delivery.objects.count() == 0
