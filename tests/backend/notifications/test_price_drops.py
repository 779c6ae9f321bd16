"""Messages about lower prices of what customers wish for."""

from decimal import Decimal

import pytest

from backend.accounts.models import User
from backend.catalog.models import Product
from backend.catalog.services import update_product
from backend.notifications.models import Delivery
from backend.notifications.rendering import render
from backend.outbox.models import Message
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from backend.wish_lists.models import WishListItem
from backend.wish_lists.services import add_wish
from backend.wish_lists.watching import tell
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import handle
from tests.backend.shop import NOW, SYSTEM

pytestmark = pytest.mark.django_db


@pytest.fixture
def ann() -> User:
    return shop.customer(email="ann@shop.example", first_name="Ann")


def wish(user: User, product: Product) -> None:
    add_wish(user, wish_list_id=None, product_id=product.pk, variant_id=None, values={}, by=SYSTEM, now=NOW)


def lower(*prices: tuple[Product, str]) -> None:
    """Set the prices, and let the wish lists find them."""
    for product, price in prices:
        update_product(product.pk, changes={"price": Decimal(price)}, by=SYSTEM, now=NOW)
        tell([product.pk], now=NOW)


def deliver(clock: Clock) -> Delivery:
    rows = Message.objects.filter(topic=Topic.PRICE_DROP).order_by("pk")
    handle(*[Notice(Topic.PRICE_DROP, row.key) for row in rows], clock=clock)
    return Delivery.objects.get()


def test_lower_prices_of_a_minute_become_one_message(ann: User, clock: Clock) -> None:
    lamp, vase = shop.product("A lamp", price="100.00"), shop.product("A vase", price="20.00")
    wish(ann, lamp)
    wish(ann, vase)
    lower((lamp, "90.00"), (vase, "15.00"), (lamp, "80.00"))

    message = render(deliver(clock))

    assert message.subject == "2 products of your wish lists cost less"
    for text in (message.text, message.html):
        assert "A lamp" in text
        assert "80.00 USD (was 90.00)" in text
        assert "15.00 USD (was 20.00)" in text
    assert "wish list of yours" in message.text


def test_a_price_that_rose_again_is_left_out(ann: User, clock: Clock) -> None:
    lamp, vase = shop.product("A lamp", price="100.00"), shop.product("A vase", price="20.00")
    wish(ann, lamp)
    wish(ann, vase)
    lower((lamp, "90.00"), (vase, "15.00"), (lamp, "100.00"))

    message = render(deliver(clock))

    assert message.subject == "Costs less: A vase"
    assert "A lamp" not in message.text


def test_a_wish_that_was_removed_is_left_out(ann: User, clock: Clock) -> None:
    lamp, vase = shop.product("A lamp", price="100.00"), shop.product("A vase", price="20.00")
    wish(ann, lamp)
    wish(ann, vase)
    lower((lamp, "90.00"), (vase, "15.00"))
    WishListItem.objects.filter(product=lamp).delete()
    assert render(deliver(clock)).subject == "Costs less: A vase"
