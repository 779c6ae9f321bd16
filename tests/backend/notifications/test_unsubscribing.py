"""Links that unsubscribe without a login, and preferences."""

from datetime import timedelta
from typing import Any

import pytest

from backend.audit.models import AuditEntry
from backend.inventory.models import BackInStock
from backend.notifications.links import unsubscribe_url
from backend.notifications.models import Delivery, NotificationKind, Unsubscription
from backend.notifications.sending import send_due
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import a_due_delivery, alert, back_in_stock, handle
from tests.backend.shop import client_of
from tests.services.smtp import MailServer

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

PREFERENCES = "/api/notifications/preferences/"


def link_in(server: MailServer) -> str:
    """Return the path of the link in the last message's header."""
    link = str(server.accepted[-1][1]["List-Unsubscribe"]).strip(" <>")
    return link.removeprefix("https://shop.example")


def test_one_click_in_a_mail_program_unsubscribes_only_from_that_kind(
    server: MailServer, clock: Clock
) -> None:
    first = a_due_delivery(clock)
    send_due(clock=clock)
    link, guest = link_in(server), client_of(None)

    for _ in range(2):
        clicked = guest.post(
            link, "List-Unsubscribe=One-Click", content_type="application/x-www-form-urlencoded"
        )
        assert (clicked.status_code, clicked["Content-Type"]) == (200, "text/html; charset=utf-8")

    assert first.recipient is not None
    handle(alert(shop.variant(sold_by=first.recipient)), clock=clock)
    handle(back_in_stock(first.recipient, shop.variant()), clock=clock)
    clock.pass_(minutes=1)
    assert send_due(clock=clock) == 1
    last = Delivery.objects.filter(kind="stock_alert").latest("pk")
    assert (last.state, last.reason) == ("SKIPPED", "The recipient has unsubscribed.")
    entry = AuditEntry.objects.filter(action="notifications.preference_changed").earliest("pk")
    assert (entry.system_name, entry.changes) == ("unsubscribe_link", {"stock_alert": [True, False]})


def test_opening_the_link_shows_a_button_and_changes_nothing(server: MailServer, clock: Clock) -> None:
    a_due_delivery(clock)
    send_due(clock=clock)
    page = client_of(None).get(link_in(server), HTTP_ACCEPT="text/html")
    assert page.status_code == 200
    assert '<form method="post">' in page.content.decode()
    assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert Unsubscription.objects.count() == 0


@pytest.mark.parametrize("media_type", ["multipart/form-data; boundary=x", "text/plain", "application/json"])
def test_any_body_is_accepted(media_type: str) -> None:
    path = unsubscribe_url(shop.customer().pk, kind=NotificationKind.BACK_IN_STOCK).partition("8000")[2]
    assert client_of(None).post(path, b"{", content_type=media_type).status_code == 200
    assert Unsubscription.objects.count() == 1


def test_a_link_that_was_changed_is_refused() -> None:
    ann, bob = shop.customer(), shop.customer()
    urls = [unsubscribe_url(user.pk, kind=NotificationKind.BACK_IN_STOCK) for user in (ann, bob)]
    tokens = [url.rstrip("/").rpartition("/")[2] for url in urls]
    (own, _), (_, others_signature) = (token.split(".") for token in tokens)
    for token in (f"{own}.{others_signature}", own, tokens[0][:-1], "x.y", "WzEsIm5vbmUiXQ." + "A" * 43):
        refused = client_of(None).post(f"/api/notifications/unsubscribe/{token}/")
        assert (refused.status_code, refused.json()["code"]) == (404, "unsubscribe_link_invalid")
    assert Unsubscription.objects.count() == 0


def test_a_link_of_a_deleted_account_does_nothing() -> None:
    customer = shop.customer()
    path = unsubscribe_url(customer.pk, kind=NotificationKind.BACK_IN_STOCK).partition("8000")[2]
    customer.delete()
    assert client_of(None).post(path).status_code == 200
    assert Unsubscription.objects.count() == 0


KINDS = ("stock_alert", "back_in_stock", "report", "ledger_finding")


def test_a_user_chooses_kinds_in_the_account() -> None:
    ann, bob = client_of(shop.customer()), client_of(shop.customer())

    def received(client: Any) -> dict[str, bool]:
        rows = client.get(PREFERENCES).json()["data"]
        return {row["kind"]: row["subscribed"] for row in rows if row["kind"] in KINDS}

    assert received(ann) == {
        "stock_alert": True,
        "back_in_stock": True,
        "report": True,
    }
    ann.put(f"{PREFERENCES}back_in_stock/", {"subscribed": False})
    assert received(ann) == {
        "stock_alert": True,
        "back_in_stock": False,
        "report": True,
    }
    assert received(bob) == {
        "stock_alert": True,
        "back_in_stock": True,
        "report": True,
    }
    ann.put(f"{PREFERENCES}back_in_stock/", {"subscribed": True})
    assert received(ann) == {
        "stock_alert": True,
        "back_in_stock": True,
        "report": True,
    }

    unknown = ann.put(f"{PREFERENCES}horoscope/", {"subscribed": False})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "notification_kind_not_found")
    assert client_of(None).get(PREFERENCES).status_code == 401


def test_a_subscription_after_unsubscribing_is_honoured(server: MailServer, clock: Clock) -> None:
    ann = shop.customer(email="ann@shop.example")
    Unsubscription.objects.create(user=ann, kind="back_in_stock", created_at=clock.now)
    earlier, later = (back_in_stock(ann, shop.variant(title=title)) for title in ("Early", "Late"))
    BackInStock.objects.filter(pk=later.key).update(subscribed_at=clock.now + timedelta(seconds=1))
    handle(earlier, later, clock=clock)
    clock.pass_(seconds=10)
    assert send_due(clock=clock) == 1
    assert [str(message["Subject"]) for _, message in server.accepted] == ["Available again: Late"]
