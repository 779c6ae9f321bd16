"""A small generated shop and an empty warehouse."""

from datetime import UTC, datetime

import pytest

from analytics_pipeline.warehouse import Warehouse
from backend.engines import warehouse as engines
from demo.plan import Plan
from demo.populate import History, generate_history

TABLES = ("events", "order_facts", "products", "day_changes")
SMALL = Plan(products=240, customers=200, days=20, seed=3, now=datetime(2026, 3, 20, 15, 30, tzinfo=UTC))


@pytest.fixture(scope="session")
def history() -> History:
    return generate_history(SMALL)


@pytest.fixture
def warehouse(warehouse_url: str) -> Warehouse:
    warehouse = engines.warehouse()
    for table in TABLES:
        warehouse.command(f"TRUNCATE TABLE {table}")
    return warehouse
