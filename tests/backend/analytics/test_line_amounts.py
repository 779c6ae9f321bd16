"""Order facts have the discount, the tax, the brand and the country of what was sold."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from analytics_pipeline.warehouse import Warehouse
from backend.analytics.reconciliation.comparing import reconcile
from backend.analytics.repair import repair
from backend.catalog.models import Product
from backend.orders.bulk import PastItem, PastMovement, PastOrder, import_movements, import_orders
from backend.orders.models import Movement, MovementKind, OrderItem
from backend.orders.movements import Part, record_parts
from tests.backend.analytics.conftest import NOW, deliver

pytestmark = pytest.mark.django_db(transaction=True)


def details(warehouse: Warehouse, *names: str) -> list[tuple[Any, ...]]:
    columns = ", ".join(names)
    _, rows = warehouse.table(f"SELECT {columns} FROM order_facts FINAL ORDER BY movement_id")
    return [tuple(row) for row in rows]


def sell(product: Product, **item: Any) -> OrderItem:
    """Store an order of three units for 30.00 EUR, and change the item's amounts as a checkout would set them."""
    order = PastOrder(
        reference=str(product.pk),
        placed_at=NOW,
        currency="EUR",
        items=[PastItem(variant_id=product.variants.get().pk, quantity=3, unit_price=Decimal(10))],
        shipping_address={"country": "DE", "city": "Kiel"},
        prices_include_tax=item.pop("prices_include_tax", False),
    )
    import_orders([order], source="test")
    OrderItem.objects.filter(product=product).update(**item)
    return OrderItem.objects.get(product=product)


def take_back(item: OrderItem, units: Sequence[int], kind: MovementKind = MovementKind.RETURN) -> None:
    before = 0
    for number in units:
        moment = NOW + timedelta(hours=1 + before)
        part = Part(order_item_id=item.pk, quantity=number, before=before, occurred_at=moment)
        record_parts([part], kind=kind)
        before += number


def test_discounts_and_taxes_of_partial_returns_add_up_to_the_sale(
    warehouse: Warehouse, products: list[Product]
) -> None:
    lamp, vase = products
    item = sell(lamp, list_price=Decimal("11.67"), tax_amount=Decimal("5.71"), tax_rate=Decimal(19))
    take_back(item, [1, 1, 1])
    included = sell(
        vase,
        list_price=Decimal("11.67"),
        tax_amount=Decimal("4.79"),
        tax_rate=Decimal(19),
        net_amount=Decimal("25.21"),
        prices_include_tax=True,
    )
    take_back(included, [2], MovementKind.CANCEL)
    deliver()

    assert details(warehouse, "kind", "quantity", "discount", "tax") == [
        ("SALE", 3, Decimal("5.01"), Decimal("5.71")),
        ("RETURN", 1, Decimal("1.67"), Decimal("1.90")),
        ("RETURN", 1, Decimal("1.67"), Decimal("1.91")),
        ("RETURN", 1, Decimal("1.67"), Decimal("1.90")),
        # 5.01 with tax at 19 %, and two thirds of it.
        ("SALE", 3, Decimal("4.21"), Decimal("4.79")),
        ("CANCEL", 2, Decimal("2.81"), Decimal("3.19")),
    ]


def test_the_brand_and_the_country_are_those_of_the_order(
    warehouse: Warehouse, products: list[Product]
) -> None:
    lamp, vase = products
    item = sell(lamp, list_price=None, product_snapshot={"brand": "Acme"})
    take_back(item, [1])
    Product.objects.update(brand="Renamed")
    returned = PastMovement(
        reference="C1",
        kind=MovementKind.RETURN,
        variant_id=vase.variants.get().pk,
        quantity=1,
        amount=Decimal(1),
        currency="EUR",
        occurred_at=NOW,
        country="FR",
    )
    import_movements([returned], source="test")
    deliver()

    assert details(warehouse, "kind", "brand", "country", "discount") == [
        ("SALE", "Acme", "DE", Decimal(0)),
        ("RETURN", "Acme", "DE", Decimal(0)),
        # Without an order, the product's brand and the country of the return.
        ("RETURN", "Renamed", "FR", Decimal(0)),
    ]


def test_a_repair_fills_the_facts_of_an_earlier_release(
    warehouse: Warehouse, products: list[Product]
) -> None:
    sell(products[0], tax_amount=Decimal("5.70"), product_snapshot={"brand": "Acme"})
    deliver()
    written = details(warehouse, "* EXCEPT version")
    columns = (
        "movement_id, kind, occurred_at, order_id, order_item_id, product_id, quantity, amount, currency"
    )
    warehouse.command(
        f"INSERT INTO order_facts ({columns}, version) SELECT {columns}, version + 1 FROM order_facts"
    )
    assert details(warehouse, "tax", "brand", "country") == [(Decimal(0), "", "")]
    assert reconcile(warehouse).agrees

    (month,) = repair(warehouse, first=None, last=None, clock=timezone.now)

    assert month.facts_written == Movement.objects.count() == 1
    assert details(warehouse, "* EXCEPT version") == written
    assert details(warehouse, "tax", "brand", "country") == [(Decimal("5.70"), "Acme", "DE")]
