"""The stores, as fixtures: each is running when a test asks for it, and belongs to this worker alone."""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_django
import redis
from django.core.cache import caches
from django.db import connections

from analytics_pipeline import migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.services import RUN, requirements, uses_store


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Keep SQLite in a file: threads and other processes open it as they would in a shop."""
    if connections["default"].vendor == "sqlite":
        connections["default"].settings_dict["TEST"]["NAME"] = str(RUN.home / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """End other sessions before PostgreSQL's database is dropped: a thread may be late to close its own."""
    yield
    connection: Any = connections["default"]
    if connection.vendor != "postgresql":
        return
    name = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        connection.close_pool()
        with connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of this worker's stream, empty when the run begins."""
    with RUN.redis() as url, redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url


@pytest.fixture(scope="session")
def warehouse_url() -> Iterator[str]:
    """The address of this worker's warehouse: the server runs, its database has to be migrated."""
    with RUN.warehouse() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_warehouse_url(warehouse_url: str) -> str:
    """The address of this worker's warehouse, whose database has the schema: web requests don't migrate it."""
    warehouse = Warehouse(PipelineSettings(home=RUN.home, clickhouse_url=warehouse_url))
    migrate.migrate(warehouse)
    warehouse.close()
    return warehouse_url


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """The address of a real Elasticsearch; mark the test `elasticsearch`."""
    return requirements.require("elasticsearch")


@pytest.fixture(scope="session")
def data_dir() -> str:
    """The folder of the public data sets; mark the test `data`."""
    return requirements.require("data")


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> None:
    """Forget throttles and cached answers between tests of the shop."""
    if uses_store(request.node):
        request.getfixturevalue("redis_url")
        caches["default"].clear()
