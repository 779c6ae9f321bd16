"""Importing past orders: each is stored unchanged and once."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from backend.audit.actors import Actor
from backend.catalog.errors import VariantNotFound
from backend.inventory.models import InventoryTransaction
from backend.orders.bulk import (
    Charge,
    Imported,
    PastItem,
    PastMovement,
    PastOrder,
    import_movements,
    import_orders,
)
from backend.orders.cancellation import cancel_units
from backend.orders.models import Movement, MovementKind, Order, OrderItem, OrderStatus, OrderStatusHistory
from backend.orders.returns import receive_at_once
from backend.orders.shipments import ship_all
from backend.outbox.models import Message
from tests.backend.orders.steps import movements_of
from tests.backend.shop import NOW, customer, staff, stock_of, variant

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=9)


def past_order(reference: str, *items: PastItem, **fields: object) -> PastOrder:
    return PastOrder(reference=reference, placed_at=NOW, currency="GBP", items=items, **fields)  # type: ignore[arg-type]


def line(variant_id: int, quantity: int = 1, price: str = "2.55", **fields: object) -> PastItem:
    return PastItem(variant_id=variant_id, quantity=quantity, unit_price=Decimal(price), **fields)  # type: ignore[arg-type]


def test_a_past_order_is_stored_with_its_lines_charges_and_sales() -> None:
    buyer, lamp, chair, shown = customer(), variant(stock=3), variant(stock=3), uuid4()
    order = past_order(
        "536365",
        line(lamp.pk, 6, exposure_id=shown, cart_added_at=NOW, shopper_key=buyer.shopper_key),
        line(chair.pk, 2, "3.39"),
        line(lamp.pk, 1),
        user_id=buyer.pk,
        charges=[Charge(code="POST", description="Postage", amount=Decimal("18.00"))],
        shipping_address={"country": "France"},
    )
    assert import_orders([order], source="elsewhere") == Imported(created=1, unchanged=0)
    row = Order.objects.get()
    assert (row.source, row.source_reference, row.user, row.status, row.payment_status) == (
        "elsewhere",
        "536365",
        buyer,
        "DELIVERED",
        "PAID",
    )
    assert (row.subtotal, row.charges, row.total_amount) == (
        Decimal("24.63"),
        Decimal("18.00"),
        Decimal("42.63"),
    )
    assert row.charge_lines == [{"code": "POST", "description": "Postage", "amount": "18.00"}]
    assert movements_of(row) == [("SALE", 6, "15.30"), ("SALE", 2, "6.78"), ("SALE", 1, "2.55")]
    first = row.items.first()
    sale = Movement.objects.order_by("pk").first()
    assert first is not None
    assert sale is not None
    assert (first.variant, first.quantity, first.unit_price, first.total_price) == (
        lamp,
        6,
        Decimal("2.55"),
        Decimal("15.30"),
    )
    assert first.product_snapshot["sku"] == lamp.sku
    assert (sale.order_item, sale.customer, sale.occurred_at) == (first, buyer, NOW)
    assert (sale.exposure_id, sale.cart_added_at, sale.shopper_key) == (shown, NOW, buyer.shopper_key)


def test_importing_orders_does_not_change_stock() -> None:
    lamp = variant(stock=3)
    entries = InventoryTransaction.objects.count()
    import_orders([past_order("1", line(lamp.pk, 50))], source="elsewhere")
    assert stock_of(lamp.pk) == (3, 0)
    assert InventoryTransaction.objects.count() == entries


def test_importing_twice_changes_nothing() -> None:
    lamp = variant()
    orders = [past_order(str(number), line(lamp.pk)) for number in range(3)]
    import_orders(orders[:2], source="elsewhere")
    before = [
        set(model.objects.values_list("pk", flat=True))
        for model in (Order, OrderItem, OrderStatusHistory, Movement)
    ]
    Message.objects.all().delete()
    assert import_orders(orders[:2], source="elsewhere") == Imported(created=0, unchanged=2)
    assert before == [
        set(model.objects.values_list("pk", flat=True))
        for model in (Order, OrderItem, OrderStatusHistory, Movement)
    ]
    assert not Message.objects.exists()
    assert import_orders(orders, source="elsewhere") == Imported(created=1, unchanged=2)
    assert import_orders(orders, source="another shop") == Imported(created=3, unchanged=0)


def test_each_new_order_is_published_once_without_its_past_steps() -> None:
    lamp = variant()
    Message.objects.all().delete()
    import_orders([past_order(str(number), line(lamp.pk)) for number in range(3)], source="elsewhere")
    keys = Order.objects.values_list("pk", flat=True)
    assert sorted(Message.objects.values_list("topic", "key")) == sorted(("order", str(key)) for key in keys)


def test_an_unknown_variant_refuses_the_whole_call() -> None:
    orders = [past_order("1", line(variant().pk)), past_order("2", line(987_654))]
    with pytest.raises(VariantNotFound) as refused:
        import_orders(orders, source="elsewhere")
    assert refused.value.details == {"variant_ids": [987_654]}
    assert not Order.objects.exists()


def test_later_steps_and_returns_keep_their_times() -> None:
    lamp, chair = variant(), variant()
    shipped, delivered = NOW + timedelta(days=1), NOW + timedelta(days=3)
    steps = [(OrderStatus.SHIPPED, shipped), (OrderStatus.DELIVERED, delivered)]
    orders = [
        past_order("kept", line(lamp.pk), line(chair.pk, 2), steps=steps),
        past_order("open", line(lamp.pk), steps=[]),
        past_order("cancelled", line(lamp.pk, 2), steps=[(OrderStatus.CANCELLED, LATER)]),
        past_order("returned", line(lamp.pk), line(chair.pk, 3, returned=2, returned_at=LATER), steps=steps),
        past_order("all returned", line(chair.pk, 3, returned=3, returned_at=LATER)),
    ]
    import_orders(orders, source="elsewhere")
    rows = {row.source_reference: row for row in Order.objects.all()}
    assert {reference: row.status for reference, row in rows.items()} == {
        "kept": "DELIVERED",
        "open": "CONFIRMED",
        "cancelled": "CANCELLED",
        "returned": "PARTIALLY_RETURNED",
        "all returned": "RETURNED",
    }
    for name in ("returned", "all returned"):
        steps_taken = rows[name].history.order_by("pk").values_list("status", "changed_at")
        assert list(steps_taken)[-1] == (rows[name].status, LATER)
        assert rows[name].payment_status == "PAID"
        assert {item.shipped for item in rows[name].items.all()} == {
            item.quantity for item in rows[name].items.all()
        }
    assert list(rows["kept"].history.values_list("status", "changed_at")) == [
        ("CONFIRMED", NOW),
        ("SHIPPED", shipped),
        ("DELIVERED", delivered),
    ]
    assert movements_of(rows["cancelled"]) == [("SALE", 2, "5.10"), ("CANCEL", 2, "5.10")]
    assert movements_of(rows["returned"])[2:] == [("RETURN", 2, "5.10")]
    returned = Movement.objects.filter(kind="RETURN", order=rows["returned"]).get()
    assert (returned.variant, returned.occurred_at) == (chair, LATER)
    assert Movement.objects.get(kind="CANCEL").occurred_at == LATER
    assert list(rows["returned"].items.values_list("returned", flat=True)) == [0, 2]


def test_an_open_past_order_can_be_continued_without_changing_stock() -> None:
    lamp, staff_member = variant(stock=3), staff()
    import_orders([past_order(name, line(lamp.pk, 2), steps=[]) for name in ("a", "b")], source="elsewhere")
    first, second = Order.objects.order_by("pk")
    cancel_units(first.pk, by=Actor.user(staff_member.pk), now=LATER)
    ship_all(second.pk, by=Actor.user(staff_member.pk), now=LATER)
    assert stock_of(lamp.pk) == (3, 0)
    receive_at_once(second.pk, units={second.items.get().pk: 1}, by=Actor.user(staff_member.pk), now=LATER)
    assert stock_of(lamp.pk) == (4, 0), "returned units are in stock"


def test_returns_without_an_order_are_separate_movements() -> None:
    buyer, lamp = customer(), variant()
    past_return = PastMovement(
        reference="C536379/1",
        kind=MovementKind.RETURN,
        variant_id=lamp.pk,
        quantity=1,
        amount=Decimal("27.50"),
        currency="GBP",
        occurred_at=LATER,
        customer_id=buyer.pk,
    )
    Message.objects.all().delete()
    assert import_movements([past_return], source="elsewhere") == Imported(created=1, unchanged=0)
    assert import_movements([past_return], source="elsewhere") == Imported(created=0, unchanged=1)
    row = Movement.objects.get()
    assert (row.kind, row.order, row.product, row.amount, row.occurred_at, row.customer) == (
        "RETURN",
        None,
        lamp.product,
        Decimal("27.50"),
        LATER,
        buyer,
    )
    assert list(Message.objects.values_list("topic", "key")) == [("movement", str(row.pk))]


def test_the_number_of_queries_does_not_depend_on_the_number_of_orders() -> None:
    lamp = variant()
    counts = []
    for name, size in (("small", 2), ("large", 30)):
        orders = [past_order(f"{name} {number}", line(lamp.pk)) for number in range(size)]
        with CaptureQueriesContext(connection) as queries:
            import_orders(orders, source="elsewhere")
        counts.append(len(queries))
    assert counts[0] == counts[1]
