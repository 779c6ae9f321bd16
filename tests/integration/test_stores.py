"""Each worker of a test run has its own stores, on the servers that the environment names."""

import os
import socket
from pathlib import Path

import clickhouse_connect
import pytest
import redis
from django.core.cache import cache
from django.db import connection
from pytest_django import Settings

from tests.services import RUN


def test_the_shop_under_test_has_its_own_home(settings: Settings) -> None:
    assert RUN.home.resolve() == settings.VITRINE_HOME
    assert Path(os.environ["VITRINE_HOME"]) == RUN.home.resolve()


@pytest.mark.django_db
def test_the_database_is_the_configured_one() -> None:
    configured = RUN.database_url or "sqlite"

    assert configured.startswith(connection.vendor)
    assert Path(str(connection.settings_dict["NAME"])).parent == RUN.home or connection.vendor == "postgresql"


def test_clearing_the_cache_does_not_affect_the_stream(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as stream:
        stream.set("in_stream", "1")
        cache.set("in_cache", 1)

        cache.clear()

        assert stream.getdel("in_stream") == b"1"
        assert cache.get("in_cache") is None


def test_an_unavailable_cache_is_logged_and_treated_as_empty(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as not_listening:
        not_listening.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{not_listening.getsockname()[1]}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}

        cache.set("key", 1)

        assert cache.get("key", "missing") == "missing"
    assert "Connection refused" in caplog.text


def test_the_warehouse_can_be_queried(warehouse_url: str) -> None:
    server = clickhouse_connect.get_client(dsn=warehouse_url.rsplit("/", 1)[0], autogenerate_session_id=False)

    assert server.query("SELECT 1").result_rows == [(1,)]
