"""A warehouse without rows, and a small shop with orders."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User, UserType
from backend.analytics.subscribers import Availability, OrderFacts, Products, Ratings, ShopperLinks
from backend.catalog.models import Category, Product
from backend.catalog.services import create_product
from backend.catalog.variant_services import NewVariant
from backend.engines import warehouse as engines
from backend.orders.bulk import PastItem, PastOrder, import_orders
from backend.outbox.relay import drain
from tests.backend.shop import SYSTEM

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
EXPOSURE = UUID(str(uuid7()))
TABLES = (
    "events",
    "order_facts",
    "availability_changes",
    "product_ratings",
    "products",
    "shopper_links",
    "day_changes",
    "rollup_days",
    "product_counts_rollup",
    "result_lists_rollup",
    "shopper_lists_rollup",
    "dead_letters",
    "refused_facts",
)


def deliver() -> None:
    """Deliver all committed outbox messages to the subscribers that write to the warehouse."""
    target = engines.migrated()
    drain(
        [OrderFacts(target), Products(target), ShopperLinks(target), Availability(target), Ratings(target)],
        timeout=30,
    )


@pytest.fixture
def warehouse(warehouse_url: str) -> Warehouse:
    warehouse = engines.warehouse()
    for table in TABLES:
        warehouse.command(f"TRUNCATE TABLE {table}")
    return warehouse


@pytest.fixture
def staff(db: Any) -> User:
    return User.objects.create(phone="+15550000001", is_staff=True, user_type=UserType.ADMIN)


@pytest.fixture
def sellers(db: Any) -> list[User]:
    return [User.objects.create(phone=f"+1555000010{n}", user_type=UserType.SELLER) for n in range(2)]


@pytest.fixture
def customer(db: Any) -> User:
    return User.objects.create(phone="+15550000200")


@pytest.fixture
def products(sellers: list[User]) -> list[Product]:
    """A lamp of the first seller and a vase of the second."""
    category = Category.objects.create(name="Home", slug="home", path="Home")
    return [
        create_product(
            title=title,
            category=category,
            seller_id=seller.pk,
            price=Decimal("10.00"),
            currency="EUR",
            attributes={"colour": ["red", "blue"], "wattage": 5},
            variants=[NewVariant(sku=title)],
            now=NOW,
            by=SYSTEM,
        )
        for title, seller in zip(("Lamp", "Vase"), sellers, strict=True)
    ]


def past_order(products: list[Product], customer: User | None) -> PastOrder:
    lamp, vase = (product.variants.get() for product in products)
    return PastOrder(
        reference="1",
        placed_at=NOW,
        currency="EUR",
        user_id=customer.pk if customer else None,
        items=[
            PastItem(
                variant_id=lamp.pk,
                quantity=3,
                unit_price=Decimal("10.01"),
                exposure_id=EXPOSURE,
                cart_added_at=NOW - timedelta(minutes=1),
                shopper_key=customer.shopper_key if customer else None,
                returned=1,
                returned_at=NOW + timedelta(days=1),
            ),
            PastItem(variant_id=vase.pk, quantity=1, unit_price=Decimal("0.10")),
        ],
    )


@pytest.fixture
def sold(warehouse: Warehouse, products: list[Product], customer: User) -> list[Product]:
    import_orders([past_order(products, customer)], source="test")
    deliver()
    return products
