"""Popularity is the number of units sold minus those cancelled or returned."""

from datetime import timedelta
from decimal import Decimal

import pytest

from backend.catalog.models import Product
from backend.orders.bulk import PastItem, PastOrder, import_orders
from backend.orders.models import OrderStatus
from backend.orders.popularity import refresh_popularity, units_sold
from backend.orders.tasks import refresh_product_popularity
from backend.outbox.models import Message
from tests.backend.shop import NOW, SYSTEM, product

pytestmark = pytest.mark.django_db


def sell(item: Product, units: int, *, days_ago: int = 0, **fields: object) -> None:
    past = PastOrder(
        reference=f"{item.pk}/{days_ago}/{units}",
        placed_at=NOW - timedelta(days=days_ago),
        currency="USD",
        items=[PastItem(variant_id=item.variants.get().pk, quantity=units, unit_price=Decimal(1))],
        **fields,  # type: ignore[arg-type]
    )
    import_orders([past], source="test")


def test_units_count_over_the_last_90_days_of_trade() -> None:
    lamp, chair = product(), product()
    sell(lamp, 3)
    sell(lamp, 4, days_ago=89)
    sell(lamp, 5, days_ago=90)
    sell(chair, 2, days_ago=200)
    assert units_sold() == {lamp.pk: 7}


def test_cancelled_units_do_not_count() -> None:
    lamp = product()
    sell(lamp, 3)
    sell(lamp, 2, days_ago=1, steps=[(OrderStatus.CANCELLED, NOW)])
    assert units_sold() == {lamp.pk: 3}


def test_without_sales_there_is_no_popularity() -> None:
    assert units_sold() == {}


def test_products_whose_popularity_changed_are_stored_and_published() -> None:
    lamp, chair = product(popularity=9), product(popularity=4)
    product()
    sell(lamp, 3)
    sell(chair, 4)
    Message.objects.all().delete()
    assert refresh_product_popularity() == 1
    lamp.refresh_from_db()
    assert lamp.popularity == 3
    assert list(Message.objects.values_list("topic", "key")) == [("product", str(lamp.pk))]
    assert refresh_popularity(by=SYSTEM) == 0
