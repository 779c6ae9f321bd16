"""Each worker has stores of its own, and they are the ones that the environment names."""

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


def test_the_shop_under_test_lives_in_a_home_of_its_own(settings: Settings) -> None:
    assert RUN.home.resolve() == settings.VITRINE_HOME
    assert Path(os.environ["VITRINE_HOME"]) == RUN.home.resolve()


@pytest.mark.django_db
def test_the_database_is_the_one_asked_for() -> None:
    asked = RUN.database_url or "sqlite"

    assert asked.startswith(connection.vendor)
    assert Path(str(connection.settings_dict["NAME"])).parent == RUN.home or connection.vendor == "postgresql"


def test_emptying_the_cache_leaves_the_stream_alone(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as stream:
        stream.set("kept", "1")
        cache.set("forgotten", 1)

        cache.clear()

        assert stream.getdel("kept") == b"1"
        assert cache.get("forgotten") is None


def test_a_cache_that_is_down_is_missed_and_logged_but_stops_nobody(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        address = f"redis://127.0.0.1:{nobody.getsockname()[1]}/0"
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}

        cache.set("key", 1)

        assert cache.get("key", "missing") == "missing"
    assert "Connection refused" in caplog.text


def test_the_warehouse_answers(warehouse_url: str) -> None:
    server = clickhouse_connect.get_client(dsn=warehouse_url.rsplit("/", 1)[0], autogenerate_session_id=False)

    assert server.query("SELECT 1").result_rows == [(1,)]
