"""Display prices follow promotions and products, and are what a cart with one unit says."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from backend.api.owners import Owner
from backend.carts.promoted import promoted_cart
from backend.carts.services import Claim, add_item
from backend.catalog.categories import category_by_names
from backend.catalog.category_services import update_category
from backend.catalog.models import PriceChange, Product, Variant
from backend.catalog.services import update_product
from backend.catalog.subscribers import CategoryFanOut
from backend.catalog.variant_services import update_variant
from backend.orders.cancellation import cancel_units
from backend.outbox.models import Message, Scheduled
from backend.outbox.subscribers import Notice
from backend.outbox.topics import Topic
from backend.promotions.display_prices import refresh_products
from backend.promotions.models import Promotion
from backend.promotions.reading import terms_for
from backend.promotions.services import delete_promotion, update_promotion
from backend.search.projection import documents
from tests.backend.orders.steps import check_out, fill
from tests.backend.promotions.display import Moments, shown
from tests.backend.promotions.shop import promotion
from tests.backend.shop import NOW, SYSTEM, customer, product, variant

pytestmark = [pytest.mark.django_db, pytest.mark.stores]

D = Decimal


@pytest.fixture
def moments() -> Moments:
    return Moments()


def after(minutes: float) -> Any:
    return NOW + timedelta(minutes=minutes)


def change(row: Promotion, **changes: Any) -> None:
    row.refresh_from_db()
    update_promotion(row.pk, changes=changes, version=row.version, by=SYSTEM, now=NOW)


def test_prices_change_when_a_promotion_begins_and_when_it_ends(moments: Moments) -> None:
    lamp = variant(price="20.00")
    promotion(value="25", starts_at=after(10), ends_at=after(20))

    prices = []
    for minutes in (0, 9.99, 10, 19.99, 20):
        moments.settle(minutes=minutes)
        prices.append(str(shown(lamp)))

    assert prices == ["20.0000", "20.0000", "15.0000", "15.0000", "20.0000"]
    rows = PriceChange.objects.order_by("id").values_list("old_price", "new_price", "promotion_id")
    assert list(rows) == [(D(20), D(15), Promotion.objects.get().pk), (D(15), D(20), None)]
    assert not Scheduled.objects.exists()


def test_other_dates_replace_the_scheduled_begin_and_end(moments: Moments) -> None:
    lamp = variant(price="20.00")
    row = promotion(value="25", starts_at=after(10), ends_at=after(20))
    moments.settle(minutes=0)
    change(row, starts_at=after(30), ends_at=after(40))
    moments.settle(minutes=1)
    assert set(Scheduled.objects.values_list("due_at", flat=True)) == {after(30), after(40)}

    moments.settle(minutes=15)
    assert shown(lamp) == 20
    moments.settle(minutes=30)
    assert shown(lamp) == 15
    change(row, is_active=False)
    moments.settle()
    assert (shown(lamp), Scheduled.objects.count()) == (20, 0)


def test_a_relay_that_was_down_at_the_begin_computes_the_prices_later(moments: Moments) -> None:
    lamp = variant(price="20.00")
    promotion(value="25", starts_at=after(10))
    moments.settle(minutes=0)

    moments.settle(minutes=60 * 24)
    assert shown(lamp) == 15


def test_a_clock_that_is_behind_schedules_the_moment_again(moments: Moments) -> None:
    lamp = variant(price="20.00")
    row = promotion(value="25", starts_at=after(10))
    moments.settle(minutes=0)
    Scheduled.objects.all().delete()
    Message.objects.create(topic=Topic.PROMOTION, key=str(row.pk))

    moments.settle(minutes=9.99)
    assert (shown(lamp), Scheduled.objects.count()) == (20, 1)
    moments.settle(minutes=10)
    assert shown(lamp) == 15


def test_changes_and_the_deletion_of_a_promotion_change_prices(moments: Moments) -> None:
    lamp, vase = variant(price="20.00", brand="Lumen"), variant(price="20.00", brand="Kupfer")
    row = promotion(value="25", target={"brands": ["LUMEN"]})
    moments.settle()
    assert (shown(lamp), shown(vase)) == (15, 20)
    change(row, target={"brands": ["Kupfer"]}, value=D(50))
    moments.settle()
    assert (shown(lamp), shown(vase)) == (20, 10)
    delete_promotion(row.pk, by=SYSTEM)
    moments.settle()
    assert (shown(lamp), shown(vase)) == (20, 20)


def test_a_second_promotion_that_ends_leaves_the_price_of_the_first(moments: Moments) -> None:
    lamp = variant(price="20.00")
    promotion(value="10", priority=1)
    promotion(value="50", priority=2, ends_at=after(10))
    moments.settle(minutes=0)
    assert shown(lamp) == 9
    moments.settle(minutes=10)
    assert shown(lamp) == 18


def test_prices_follow_the_product(moments: Moments) -> None:
    kettle = product(price="20.00", category=("Home",), brand="Lumen")
    (only,) = kettle.variants.all()
    garden = category_by_names(["Garden"], by=SYSTEM)
    promotion(value="50", target={"categories": [garden.pk]})
    promotion(value="10", target={"brands": ["Kupfer"]})
    moments.settle()
    assert shown(only) == 20
    steps: list[tuple[dict[str, Any], int]] = [
        ({"category": garden}, 10),
        ({"price": D(40)}, 20),
        ({"brand": "Kupfer"}, 18),
        ({"discount_percentage": D(50)}, 9),
        ({"category": category_by_names(["Home"], by=SYSTEM)}, 18),
    ]
    for changes, expected in steps:
        update_product(kettle.pk, changes=changes, by=SYSTEM, now=NOW)
        moments.settle()
        assert (shown(only), shown(kettle)) == (expected, expected), changes


def test_prices_follow_a_category_that_moves(moments: Moments) -> None:
    lamp = variant(price="20.00", category=("Home", "Lamps"))
    garden = category_by_names(["Garden"], by=SYSTEM)
    promotion(value="50", target={"categories": [garden.pk]})
    moments.settle()
    update_category(lamp.product.category_id, changes={"parent_id": garden.pk}, by=SYSTEM)
    CategoryFanOut().handle([Notice(Topic.CATEGORY, str(lamp.product.category_id))])
    moments.settle()
    assert shown(lamp) == 10


def test_a_change_of_the_price_keeps_the_reduced_one_until_it_is_computed_again(moments: Moments) -> None:
    lamp = variant(price="20.00")
    promotion(value="50")
    moments.settle()
    update_product(lamp.product_id, changes={"price": D(21)}, by=SYSTEM, now=NOW)
    assert shown(lamp) == 10
    moments.settle()
    assert shown(lamp) == D("10.5")
    assert [(row.old_price, row.new_price) for row in PriceChange.objects.order_by("id")] == [
        (D(20), D(10)),
        (D(10), D("10.5")),
    ]


def test_a_flash_sale_ends_with_its_last_unit_for_all_its_products_and_returns_with_it(
    moments: Moments,
) -> None:
    lamp, vase = variant(price="20.00"), variant(price="30.00")
    sale = promotion(value="50", unit_cap=2, is_flash_sale=True, ends_at=after(60))
    moments.settle()
    buyers = [customer(), customer()]
    orders = []
    for user in buyers:
        assert (shown(lamp), shown(vase)) == (10, 15)
        fill(user, {lamp.pk: 1})
        orders.append(check_out(user, terms=terms_for(Owner(user_id=user.pk), now=NOW)))
        moments.settle()

    assert (shown(lamp), shown(vase)) == (20, 30)
    assert not Product.objects.filter(flash_sale=True).exists()
    cancel_units(orders[0].pk, by=SYSTEM, now=NOW)
    moments.settle()
    assert (shown(lamp), shown(vase), Promotion.objects.get(pk=sale.pk).units_used) == (10, 15, 1)
    assert Product.objects.filter(flash_sale=True).count() == 2


def test_an_order_that_leaves_units_computes_no_prices_of_other_products(moments: Moments) -> None:
    lamp = variant(price="20.00")
    for _ in range(3):
        variant(price="20.00")
    promotion(value="50", unit_cap=5)
    moments.settle()
    user = customer()
    fill(user, {lamp.pk: 1})
    before = Message.objects.filter(topic=Topic.DISPLAY_PRICE).count()
    check_out(user, terms=terms_for(Owner(user_id=user.pk), now=NOW))
    moments.settle()
    assert Message.objects.filter(topic=Topic.DISPLAY_PRICE).count() == before


def test_products_whose_prices_stay_are_not_locked(moments: Moments) -> None:
    lamp = variant(price="20.00")
    promotion(value="50")
    moments.settle()
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert refresh_products([lamp.product_id], clock=moments.clock) == []
    assert len(queries) <= 4


def test_a_card_and_a_page_show_the_promotion_with_its_live_units(moments: Moments) -> None:
    kettle = product(price="20.00", stock=[5, 5])
    cheap, dear = kettle.variants.all()
    update_variant(dear.pk, product_id=kettle.pk, changes={"price_modifier": D(4)}, by=SYSTEM, now=NOW)
    sale = promotion(
        name="Flash", value="50", unit_cap=3, is_flash_sale=True, ends_at=after(60), starts_at=after(1)
    )
    moments.settle(minutes=1)
    Promotion.objects.filter(pk=sale.pk).update(units_used=1)

    (card,) = APIClient().get("/api/products/?flash_sale=true&sort_by=price_low").json()["results"]
    page = APIClient().get(f"/api/products/{kettle.pk}/").json()["data"]
    variants = APIClient().get(f"/api/products/{kettle.pk}/variants/").json()["data"]

    assert (card["price"], card["sale_price"], card["lowest_price_30_days"], card["flash_sale"]) == (
        "20.00",
        "10.00",
        "20.00",
        True,
    )
    for each in (card, page, *page["variants"], *variants):
        live = each["promotion"]
        assert live.pop("server_time")
        assert live == {
            "id": sale.pk,
            "name": "Flash",
            "ends_at": "2026-03-02T13:00:00Z",
            "units_left": 2,
            "is_flash_sale": True,
        }
    assert [(each["sale_price"], each["lowest_price_30_days"]) for each in variants] == [
        ("10.00", "20.00"),
        ("12.00", "20.00"),
    ]
    assert cheap.pk == variants[0]["id"]


def test_filters_and_the_order_by_price_of_lists_use_the_display_price(moments: Moments) -> None:
    lamp, vase = product("lamp", price="20.00"), product("vase", price="12.00")
    promotion(value="50", target={"products": [lamp.pk]})
    moments.settle()

    def titles(query: str) -> list[str]:
        return [each["title"] for each in APIClient().get(f"/api/products/?{query}").json()["results"]]

    assert titles("sort_by=price_low") == ["lamp", "vase"]
    assert titles("max_price=11") == ["lamp"]
    assert titles("min_price=11") == ["vase"]
    assert vase.sale_price == 12


PROMOTIONS: list[dict[str, Any]] = [
    {"value": "7", "priority": 1},
    {"value": "15", "priority": 2, "target": {"brands": ["Lumen"]}},
    {"value": "33", "priority": 2, "stackable": False, "excluded": {"brands": ["Lumen"]}},
    {"kind": "amount", "value": "3.33", "currency": "USD", "priority": 3},
    {"kind": "amount", "value": "250", "currency": "JPY", "priority": 3},
    {"level": "order", "value": "5", "minimum_amount": "40.00", "currency": "USD"},
    {"level": "order", "kind": "amount", "value": "1.00", "currency": "EUR"},
    {"value": "40", "exclusive": True, "target": {"brands": ["Alone"]}},
    {"value": "50", "minimum_units": 2},
    {"value": "50", "starts_at": after(10)},
    {"value": "50", "is_active": False},
    {"kind": "buy_get", "value": "100", "buy_units": 1, "get_units": 1},
    {"value": "20", "is_flash_sale": True, "unit_cap": 3, "ends_at": after(30), "target": {"brands": ["X"]}},
    {"level": "shipping", "value": "100"},
]


def test_the_display_price_is_what_a_guests_cart_with_one_unit_costs(moments: Moments) -> None:
    for brand in ("Lumen", "Kupfer", "Alone", "X", ""):
        for price, currency in (("0.99", "USD"), ("39.95", "USD"), ("120.00", "EUR"), ("333", "JPY")):
            product(price=price, currency=currency, brand=brand, discount_percentage=D(12))
    for fields in PROMOTIONS:
        promotion(**fields)
    promotion("CODE", value="90")
    moments.settle()

    found = documents(list(Product.objects.values_list("pk", flat=True)))
    reduced = 0
    for row in Variant.objects.select_related("product"):
        owner = Owner(guest=f"{row.pk:064}")
        claim = Claim(exposure_id=None, shopper_key=None, added_at=NOW)
        add_item(owner, product_id=None, variant_id=row.pk, quantity=1, claim=claim)
        contents = promoted_cart(owner, now=NOW).contents
        document = found[row.product_id]
        assert contents.subtotal == row.sale_price == row.product.sale_price, row
        assert document.sale_price == document.variants[0].sale_price == row.sale_price
        assert document.flash_sale is (row.product.brand == "X")
        reduced += contents.discount_amount > 0
    assert reduced == 20
