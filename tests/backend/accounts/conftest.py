"""A fast password hasher for tests of accounts, of which one uses the real hasher, and failures of Redis."""

from collections.abc import Callable

import pytest
import redis
from django.conf import settings as shop_settings
from django.core.cache import caches
from pytest_django import Settings

from backend.config.engines import cache_url

Disturbance = Callable[[], None]


@pytest.fixture(autouse=True)
def _quick_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(params=["running", "emptied", "away"])
def disturb(request: pytest.FixtureRequest, redis_url: str, settings: Settings) -> Disturbance:
    """What happens to Redis between two requests."""

    def empty() -> None:
        with redis.Redis.from_url(cache_url()) as server:
            server.flushdb()

    def stop() -> None:
        unreachable = {**shop_settings.CACHES["default"], "LOCATION": "redis://127.0.0.1:1/0"}
        settings.CACHES = {"default": unreachable}
        assert not caches["default"].add("a key", 1)

    return {"running": lambda: None, "emptied": empty, "away": stop}[request.param]
