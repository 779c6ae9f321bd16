"""A warehouse without rows, and a small shop with orders."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from analytics_pipeline.warehouse import Warehouse
from backend.accounts.models import User, UserType
from backend.analytics.subscribers import OrderFacts, Products, ShopperLinks
from backend.catalog.models import Category, Product
from backend.catalog.services import NewVariant, create_product
from backend.engines import warehouse as engines
from backend.outbox.relay import drain
from tests.backend.shop import SYSTEM

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
TABLES = (
    "events",
    "order_facts",
    "products",
    "shopper_links",
    "day_changes",
    "rollup_days",
    "event_rollup",
    "query_rollup",
    "dead_letters",
)


def carry() -> None:
    """Deliver everything that is committed to the warehouse's subscribers."""
    target = engines.migrated()
    drain([OrderFacts(target), Products(target), ShopperLinks(target)], timeout=30)


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
