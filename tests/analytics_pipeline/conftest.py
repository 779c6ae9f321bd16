"""A migrated warehouse and an empty stream for each test."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from analytics_pipeline import embedded, migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.stream import Stream
from analytics_pipeline.warehouse import Warehouse

TABLES = """
SELECT name FROM system.tables
WHERE database = currentDatabase() AND endsWith(engine, 'MergeTree') AND total_rows > 0
  AND name != 'schema_migrations'
"""


@pytest.fixture(scope="session")
def settings(redis_url: str, warehouse_url: str) -> PipelineSettings:
    return PipelineSettings(home=Path(), redis_url=redis_url, clickhouse_url=warehouse_url)


@pytest.fixture(scope="session")
def migrated_warehouse(settings: PipelineSettings) -> Iterator[Warehouse]:
    name = f"test_{uuid4().hex}"
    warehouse = Warehouse(settings, database=name)
    migrate.migrate(warehouse)
    yield warehouse
    warehouse.command(f"DROP DATABASE {name}")
    warehouse.close()


@pytest.fixture
def warehouse(migrated_warehouse: Warehouse) -> Warehouse:
    """A warehouse without rows."""
    for table in migrated_warehouse.rows(TABLES):
        migrated_warehouse.command(f"TRUNCATE TABLE {table['name']}")
    return migrated_warehouse


@pytest.fixture
def stream(settings: PipelineSettings) -> Iterator[Stream]:
    """A stream that only this test uses."""
    stream = Stream(settings, key=f"test:{uuid4().hex}")
    yield stream
    stream.delete()
    stream.close()


@pytest.fixture(scope="module")
def migrated_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipelineSettings]:
    """A home with its own embedded warehouse, which has the schema and one dead letter."""
    settings = PipelineSettings(home=tmp_path_factory.mktemp("home"))
    with embedded.ensure(settings, embedded.WAREHOUSE):
        warehouse = Warehouse(settings)
        migrate.migrate(warehouse)
        warehouse.command(
            "INSERT INTO dead_letters (entry, arrived_at, shopper_key, reason, payload) "
            "VALUES ('1-1', now64(3), generateUUIDv4(), 'why', 'secret')"
        )
        yield settings
        warehouse.close()
