"""Order facts, products and links of shoppers are written to the warehouse exactly once, and after each change."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from analytics_pipeline.columns import NIL_UUID
from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import ShopperLink, User
from backend.analytics.reconciliation.comparing import reconcile
from backend.analytics.reconciliation.totals import compare_totals
from backend.catalog.models import Product
from backend.orders.bulk import PastMovement, import_movements, import_orders
from backend.orders.models import Movement, MovementKind, Order
from backend.outbox.services import publish
from backend.outbox.topics import Topic
from tests.backend.analytics.conftest import EXPOSURE, NOW, deliver, past_order

pytestmark = pytest.mark.django_db(transaction=True)


def test_an_order_becomes_facts_with_its_customers_key_and_claim(
    warehouse: Warehouse, products: list[Product], customer: User
) -> None:
    import_orders([past_order(products, customer)], source="test")
    deliver()
    sale, other, returned = warehouse.rows("SELECT * FROM order_facts FINAL ORDER BY kind DESC, product_id")
    assert (sale["kind"], sale["quantity"], sale["amount"], sale["currency"]) == (
        "SALE",
        3,
        Decimal("30.03"),
        "EUR",
    )
    assert (sale["customer_key"], sale["shopper_key"], sale["exposure_id"]) == (
        customer.shopper_key,
        customer.shopper_key,
        EXPOSURE,
    )
    assert (sale["seller_id"], sale["category_path"]) == (products[0].seller_id, "Home")
    assert (sale["occurred_at"], sale["cart_added_at"]) == (NOW, NOW - timedelta(minutes=1))
    assert (other["exposure_id"], other["amount"]) == (NIL_UUID, Decimal("0.10"))
    assert (returned["kind"], returned["quantity"], returned["amount"]) == (
        "RETURN",
        1,
        Decimal("10.01"),
    )


def test_a_sale_is_stored_as_one_order_event_after_repeated_deliveries(
    warehouse: Warehouse, products: list[Product], customer: User
) -> None:
    import_orders([past_order(products, customer)], source="test")
    deliver()
    with transaction.atomic():
        publish(
            Topic.ORDER,
            Movement.objects.filter(kind=MovementKind.SALE).values_list("order_id", flat=True)[0] or "",
        )
    deliver()
    lamp, vase = warehouse.rows("SELECT * FROM events FINAL ORDER BY product_id")
    assert (lamp["type"], lamp["product_id"], lamp["quantity"], lamp["occurred_at"]) == (
        "order",
        products[0].pk,
        3,
        NOW,
    )
    assert {lamp["order_id"], vase["order_id"]} == {Order.objects.get().pk}
    assert (lamp["shopper_key"], lamp["exposure_id"]) == (customer.shopper_key, EXPOSURE)
    assert (vase["exposure_id"], vase["event_id"].version) == (NIL_UUID, 7)


def test_facts_equal_the_ledger_after_repeated_deliveries(
    warehouse: Warehouse, products: list[Product]
) -> None:
    import_orders([past_order(products, None)], source="test")
    movement = PastMovement(
        reference="C1",
        kind=MovementKind.RETURN,
        variant_id=products[1].variants.get().pk,
        quantity=2,
        amount=Decimal("0.20"),
        currency="EUR",
        occurred_at=NOW,
    )
    import_movements([movement], source="test")
    deliver()
    with transaction.atomic():
        for order in {row.order_id for row in Movement.objects.all() if row.order_id}:
            publish(Topic.ORDER, order)
    deliver()
    compared = [total.ledger for total in compare_totals(warehouse) if total.agrees]
    assert [(each.day, each.kind, each.movements, each.amount) for each in compared] == [
        (NOW.date(), "RETURN", 1, Decimal("0.20")),
        (NOW.date(), "SALE", 2, Decimal("30.13")),
        ((NOW + timedelta(days=1)).date(), "RETURN", 1, Decimal("10.01")),
    ]
    assert reconcile(warehouse).agrees


def test_a_product_is_stored_with_its_current_state(warehouse: Warehouse, products: list[Product]) -> None:
    lamp = products[0]
    deliver()
    (row,) = warehouse.rows("SELECT * FROM products FINAL WHERE product_id = {id:UInt64}", {"id": lamp.pk})
    assert (row["title"], row["category_path"], row["price"], row["deleted"]) == (
        "Lamp",
        "Home",
        Decimal("10.00"),
        0,
    )
    assert row["attributes"] == {"colour": ["red", "blue"], "wattage": ["5"]}
    assert row["available"] == 0
    Product.objects.filter(pk=lamp.pk).update(title="Lantern", deleted_at=NOW)
    lamp.variants.update(stock=9, reserved=2)
    with transaction.atomic():
        publish(Topic.PRODUCT, lamp.pk)
    deliver()
    (row,) = warehouse.rows("SELECT * FROM products FINAL WHERE product_id = {id:UInt64}", {"id": lamp.pk})
    assert (row["title"], row["available"], row["deleted"]) == ("Lantern", 7, 1)


def test_a_guest_who_logged_in_is_linked(warehouse: Warehouse, customer: User) -> None:
    with transaction.atomic():
        link = ShopperLink.objects.create(anonymous_id=EXPOSURE, user=customer, linked_at=NOW)
        publish(Topic.SHOPPER_LINKED, link.pk)
    deliver()
    assert warehouse.rows("SELECT anonymous_key, shopper_key FROM shopper_links FINAL") == [
        {"anonymous_key": EXPOSURE, "shopper_key": customer.shopper_key}
    ]
