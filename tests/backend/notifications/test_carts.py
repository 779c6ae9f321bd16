"""Reminders of carts: once a cart, with consent and a verified address, and never of one that was ordered."""

from datetime import timedelta
from typing import Any

import pytest

from backend.accounts.models import User
from backend.api.owners import Owner
from backend.carts.models import Cart, CartItem
from backend.carts.services import Claim, add_item
from backend.notifications.cart_reminders import remind_of_carts
from backend.notifications.models import CartReminder, Unsubscription
from backend.notifications.sending import send_due
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import handle
from tests.backend.orders.steps import check_out
from tests.backend.shop import NOW
from tests.services.smtp import MailServer

pytestmark = [pytest.mark.stores, pytest.mark.django_db(transaction=True)]

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def on(settings: Any, clock: Clock) -> None:
    """Switch the kind on before the test's carts are filled."""
    settings.CART_REMINDER_AFTER = 4 * HOUR
    assert remind_of_carts(now=NOW - HOUR) == 0


def a_customer(**fields: Any) -> User:
    defaults = {
        "email": f"{shop.customer().pk}@shop.example",
        "email_verified_at": NOW,
        "marketing_consent": True,
    }
    return shop.customer(**{**defaults, **fields})


def add(user: User, title: str = "Lamp", *, at: Any = NOW) -> None:
    claim = Claim(exposure_id=None, shopper_key=None, added_at=at)
    add_item(
        Owner(user_id=user.pk),
        product_id=None,
        variant_id=shop.variant(title=title).pk,
        quantity=1,
        claim=claim,
    )
    Cart.objects.filter(user=user).update(changed_at=at)


def tell(clock: Clock) -> None:
    rows = Message.objects.filter(topic=Topic.CART_LEFT).order_by("pk")
    handle(*[Notice(Topic.CART_LEFT, row.key) for row in rows], clock=clock)


def reminded(clock: Clock) -> int:
    found = remind_of_carts(now=clock.now)
    tell(clock)
    return found


def test_a_cart_is_remembered_once_after_hours(server: MailServer, clock: Clock) -> None:
    ann = a_customer(email="ann@shop.example")
    add(ann)
    clock.pass_(hours=3, minutes=59)
    assert reminded(clock) == 0
    clock.pass_(minutes=1)
    assert reminded(clock) == 1
    send_due(clock=clock)
    assert [(address, str(mail["Subject"])) for address, mail in server.accepted] == [
        ("ann@shop.example", "In your cart: Lamp")
    ]
    add(ann, "Shade", at=clock.now)
    clock.pass_(hours=5)
    assert reminded(clock) == 0
    CartItem.objects.filter(cart__user=ann).delete()
    add(ann, "Vase", at=clock.now)
    clock.pass_(hours=5)
    assert reminded(clock) == 1
    assert send_due(clock=clock) == 1


@pytest.mark.parametrize(
    "fields",
    [{"marketing_consent": False}, {"email_verified_at": None}, {"is_active": False}],
    ids=["without consent", "address not verified", "inactive"],
)
def test_who_is_not_reminded(fields: dict[str, Any], clock: Clock) -> None:
    add(a_customer(**fields))
    clock.pass_(hours=4)
    assert reminded(clock) == 0


def test_who_unsubscribed_is_not_reminded(clock: Clock) -> None:
    ann = a_customer()
    add(ann)
    Unsubscription.objects.create(user=ann, kind="cart_left", created_at=NOW)
    clock.pass_(hours=4)
    assert reminded(clock) == 0


@pytest.mark.parametrize("change", ["ordered", "changed", "consent withdrawn"])
def test_a_reminder_that_no_longer_holds_when_it_is_sent_is_dropped(
    change: str, server: MailServer, clock: Clock
) -> None:
    ann = a_customer()
    add(ann)
    clock.pass_(hours=4)
    assert reminded(clock) == 1
    if change == "ordered":
        check_out(ann, at=clock.now)
    elif change == "changed":
        add(ann, "Shade", at=clock.now)
    else:
        User.objects.filter(pk=ann.pk).update(marketing_consent=False)
    assert send_due(clock=clock) == 0
    assert server.accepted == []


def test_carts_from_before_the_kind_was_switched_on_and_old_ones_are_not_remembered(
    clock: Clock, settings: Any
) -> None:
    early, old = a_customer(), a_customer()
    add(early, at=NOW - 2 * HOUR)
    add(old)
    clock.pass_(days=4)
    assert reminded(clock) == 0
    settings.CART_REMINDER_AFTER = timedelta(0)
    add(early, at=clock.now)
    assert reminded(clock) == 0
    clock.pass_(hours=4)
    settings.CART_REMINDER_AFTER = 4 * HOUR
    assert reminded(clock) == 0
    clock.pass_(hours=1)
    assert reminded(clock) == 0
    assert not CartReminder.objects.exists()
