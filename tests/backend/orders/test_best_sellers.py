"""Best sellers are computed from the units of each category."""

from datetime import timedelta

import pytest

from backend.catalog.models import Product
from backend.catalog.services import update_product
from backend.orders.best_sellers import ONE_IN, best_sellers, refresh_best_sellers
from backend.orders.models import OrderStatus
from backend.outbox.models import Message
from tests.backend.orders.test_popularity import sell
from tests.backend.shop import NOW, SYSTEM, product

pytestmark = pytest.mark.django_db

TOMORROW = NOW + timedelta(days=1)


def test_each_category_has_its_own_best_seller_by_units() -> None:
    first, second = product(category=("A",)), product(category=("A",))
    other, unsold = product(category=("A", "B")), product(category=("C",))
    sell(first, 3)
    sell(second, 4)
    sell(other, 1)
    assert best_sellers(now=TOMORROW) == [second.pk, other.pk]
    assert unsold.pk not in best_sellers(now=TOMORROW)


def test_of_equal_numbers_the_older_product_is_the_best_seller() -> None:
    first, second = product(), product()
    sell(second, 3)
    sell(first, 3)
    assert best_sellers(now=TOMORROW) == [first.pk]


def test_cancelled_units_and_unlisted_products_do_not_count() -> None:
    cancelled, hidden, lamp = product(), product(), product()
    sell(cancelled, 9, steps=[(OrderStatus.CANCELLED, NOW)])
    sell(hidden, 9)
    sell(lamp, 1)
    update_product(hidden.pk, changes={"is_active": False}, by=SYSTEM)
    assert best_sellers(now=TOMORROW) == [lamp.pk]


def test_sales_of_the_present_day_and_of_more_than_90_days_ago_do_not_count() -> None:
    lamp, vase, chair = product(), product(), product()
    sell(lamp, 5)
    sell(vase, 1, days_ago=1)
    sell(chair, 9, days_ago=91)
    assert best_sellers(now=NOW + timedelta(hours=11)) == [vase.pk]
    assert best_sellers(now=TOMORROW) == [lamp.pk]
    assert best_sellers(now=TOMORROW + timedelta(days=900)) == [lamp.pk], "the period ends with the last sale"


def test_a_category_has_one_best_seller_for_25_products() -> None:
    rows = [product() for _ in range(2 * ONE_IN)]
    for units, row in enumerate(rows[:4], start=1):
        sell(row, units)
    assert best_sellers(now=TOMORROW) == [rows[2].pk, rows[3].pk]


def test_flags_are_stored_and_published_once() -> None:
    old, new = product(), product()
    Product.unpublished.filter(pk=old.pk).update(best_seller_product=True)
    sell(new, 2)
    Message.objects.all().delete()

    assert [refresh_best_sellers(by=SYSTEM, now=TOMORROW) for _ in range(2)] == [2, 0]
    assert list(Product.objects.filter(best_seller_product=True)) == [new]
    assert list(Message.objects.values_list("topic", "key")) == [
        ("product", str(old.pk)),
        ("product", str(new.pk)),
    ]
