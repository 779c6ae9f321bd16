"""A migrated warehouse and an empty stream for each test."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from analytics_pipeline import migrate
from analytics_pipeline.settings import Settings
from analytics_pipeline.stream import Stream
from analytics_pipeline.warehouse import Warehouse


@pytest.fixture
def settings(redis_url: str, warehouse_url: str) -> Settings:
    return Settings(home=Path(), redis_url=redis_url, clickhouse_url=warehouse_url)


@pytest.fixture
def warehouse(settings: Settings) -> Iterator[Warehouse]:
    """A warehouse of this test's own."""
    name = f"test_{uuid4().hex}"
    warehouse = Warehouse(settings, database=name)
    migrate.migrate(warehouse)
    yield warehouse
    warehouse.command(f"DROP DATABASE {name}")
    warehouse.close()


@pytest.fixture
def stream(settings: Settings) -> Iterator[Stream]:
    """A stream of this test's own."""
    stream = Stream(settings, key=f"test:{uuid4().hex}")
    yield stream
    stream.delete()
    stream.close()
