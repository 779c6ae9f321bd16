"""The stores, as fixtures: each runs while tests need it, and only this worker uses it."""

from collections.abc import Iterator
from typing import Any

import pytest
import pytest_django
import redis
from django.core.cache import caches
from django.db import connections
from django.test import TransactionTestCase
from whitenoise.middleware import WhiteNoiseMiddleware

from analytics_pipeline import migrate
from analytics_pipeline.settings import PipelineSettings
from analytics_pipeline.warehouse import Warehouse
from tests.services import RUN, requirements, schema, stores_of, tables


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """Make the database a copy of one that `manage.py migrate` migrated, because migrations take seconds.

    SQLite's is in a file, so that threads and other processes can open it as in a shop.
    """
    database = connections["default"]
    options = database.settings_dict["TEST"]
    options["MIGRATE"] = False
    if database.vendor == "sqlite":
        options["NAME"] = str(RUN.home / "test.sqlite3")
        schema.copy_migrated_file(RUN.home / "test.sqlite3")
    else:
        options["TEMPLATE"] = schema.migrated_database()


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """Keep the copy on SQLite; on PostgreSQL the copy is made and dropped by Django."""
    return connections["default"].vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: pytest_django.DjangoDbBlocker
) -> Iterator[None]:
    """Empty tables quickly after tests that commit, and end other sessions before PostgreSQL's database is dropped.

    A thread may still have a session open.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", tables.empty_tables)
        yield
    connection: Any = connections["default"]
    with django_db_blocker.unblock():
        connection.close()
        if connection.vendor != "postgresql":
            return
        name = connection.settings_dict["NAME"]
        connection.close_pool()
        with connection._nodb_cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
            )


@pytest.fixture(scope="session", autouse=True)
def _find_static_files_once() -> Iterator[None]:
    """Share the static files between test clients: each would look for them with its first request, for 30 ms."""
    find, found = WhiteNoiseMiddleware.add_files_from_finders, dict[str, Any]()

    def add_found(middleware: Any) -> None:
        if found:
            middleware.files.update(found)
        else:
            find(middleware)
            found.update(middleware.files)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", add_found)
        yield


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of this worker's stream, which is empty when the run begins."""
    with RUN.redis() as url, redis.Redis.from_url(url) as client:
        client.flushdb()
        yield url


@pytest.fixture(scope="session")
def warehouse_url() -> Iterator[str]:
    """The URL of this worker's warehouse, whose database is not migrated yet."""
    with RUN.warehouse() as url:
        yield url


@pytest.fixture(scope="session")
def migrated_warehouse_url(warehouse_url: str) -> str:
    """The URL of this worker's warehouse with the schema, which web requests don't create."""
    warehouse = Warehouse(PipelineSettings(home=RUN.home, clickhouse_url=warehouse_url))
    migrate.migrate(warehouse)
    warehouse.close()
    return warehouse_url


@pytest.fixture(scope="session")
def elasticsearch_url() -> str:
    """The URL of a real Elasticsearch; mark the test `elasticsearch`."""
    return requirements.require("elasticsearch")


@pytest.fixture(scope="session")
def data_dir() -> str:
    """The folder of the public data sets; mark the test `data`."""
    return requirements.require("data")


@pytest.fixture(autouse=True)
def _fresh_cache(request: pytest.FixtureRequest) -> None:
    """Clear throttle counters and cached responses between tests of the shop."""
    if stores_of(request.node):
        request.getfixturevalue("redis_url")
        caches["default"].clear()
