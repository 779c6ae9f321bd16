"""Texts of messages."""

import pytest

from backend.notifications.models import Delivery
from backend.notifications.rendering import render
from tests.backend import shop
from tests.backend.notifications.conftest import Clock
from tests.backend.notifications.facts import alert, back_in_stock, handle

pytestmark = pytest.mark.django_db

HEBREW, ARABIC = "\u05d3\u05d5\u05d3", "\u0645\u0635\u0628\u0627\u062d 2"


@pytest.mark.parametrize(
    ("name", "title", "shown_name", "shown_title"),
    [
        (HEBREW, ARABIC, f"\u2068{HEBREW}\u2069", f"\u2068{ARABIC}\u2069"),
        ("\u05d0Ann", f"Lamp {HEBREW}", "\u2068\u05d0Ann\u2069", f"\u2068Lamp {HEBREW}\u2069"),
        ("Ann", "L\xe1mpara", "Ann", "L\xe1mpara"),
    ],
)
def test_text_from_right_to_left_does_not_turn_what_is_beside_it(
    name: str, title: str, shown_name: str, shown_title: str, clock: Clock
) -> None:
    seller = shop.seller(email="ann@shop.example", first_name=name)
    variant = shop.product(title, sold_by=seller).variants.get()
    handle(alert(variant), back_in_stock(seller, variant), clock=clock)

    for delivery in Delivery.objects.all():
        message = render(delivery)
        assert f"Hello {shown_name}," in message.text
        assert f"- {shown_title}" in message.text
        assert message.subject.endswith(f": {shown_title}")
        assert f"<bdi>{name}</bdi>," in message.html
        assert f"<bdi>{title}</bdi></a>" in message.html
    assert Delivery.objects.count() == 2
