"""An optional cache: while it is down, throttles let every request pass."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

import redis
import structlog
from django.utils.module_loading import import_string
from django_redis.cache import RedisCache
from prometheus_client import Counter

from analytics_pipeline.redis_client import Script
from backend.api.errors import EngineUnavailable
from backend.engines.limits import Share

SHARE = Share(
    "cache",
    slots=64,
    failures=(redis.RedisError,),
    patience_seconds=0.5,
    silent_seconds=0.25,
    slow_seconds=0.2,
)
MISSED = Counter("vitrine_cache_missed", "Calls that returned a default because the cache was down")

# One command costs the client much less than a transaction of three.
COUNT = Script(
    """
    local used = redis.call("INCR", KEYS[1])
    redis.call("EXPIRE", KEYS[1], ARGV[1], "NX")
    return {used, redis.call("TTL", KEYS[1])}
    """
)

logger = structlog.get_logger(__name__)

T = TypeVar("T")


class OptionalCache(RedisCache):  # type: ignore[misc]
    """A Redis cache whose failures count as misses.

    A cache that hangs delays only a few requests; then it is not called for some seconds. LOCATION is a URL,
    or the dotted name of a function that returns one.
    """

    _client: Any

    @property
    def client(self) -> Any:
        """Return the client, which is created at the first use."""
        if self._client is None:
            address = self._server if "://" in self._server else import_string(self._server)()
            self._client = self._client_cls(address, self._params, self)
        return self._client

    def get(self, key: Any, default: Any = None, version: Any = None, client: Any = None) -> Any:
        """Return the value; `default` if there is none or the cache is down."""
        return self._or(partial(super().get, key, default, version, client), default=default)

    def get_many(self, *args: Any, **kwargs: Any) -> Mapping[Any, Any]:
        """Return the values that were found."""
        return self._or(partial(super().get_many, *args, **kwargs), default={})

    def has_key(self, *args: Any, **kwargs: Any) -> bool:
        """Return whether the key is known to exist."""
        return self._or(partial(super().has_key, *args, **kwargs), default=False)

    def set(self, *args: Any, **kwargs: Any) -> bool:
        """Store a value; return whether it was stored."""
        return bool(self._or(partial(super().set, *args, **kwargs), default=False))

    def set_many(self, *args: Any, **kwargs: Any) -> list[Any]:
        """Store several values."""
        return list(self._or(partial(super().set_many, *args, **kwargs), default=[]) or [])

    def add(self, *args: Any, **kwargs: Any) -> bool:
        """Store a value unless the key exists; return whether it was stored."""
        return bool(self._or(partial(super().add, *args, **kwargs), default=False))

    def touch(self, *args: Any, **kwargs: Any) -> bool:
        """Set a new time to live; return whether the key exists."""
        return bool(self._or(partial(super().touch, *args, **kwargs), default=False))

    def delete(self, *args: Any, **kwargs: Any) -> bool:
        """Remove a key; return whether it existed."""
        return bool(self._or(partial(super().delete, *args, **kwargs), default=False))

    def delete_many(self, *args: Any, **kwargs: Any) -> int:
        """Remove several keys; return how many existed."""
        return int(self._or(partial(super().delete_many, *args, **kwargs), default=0) or 0)

    def clear(self) -> None:
        """Remove every key."""
        self._or(partial(super().clear), default=None)

    def count_in_window(self, key: str, *, seconds: int) -> tuple[int, int]:
        """Count a use of `key` and return the uses in the current window, and the seconds until it ends.

        The first use begins a window of `seconds`. This takes one round trip and no lock, and concurrent uses
        are all counted.
        Returns (0, 0) if the cache is down.
        """
        return self._or(partial(self._count, self.make_key(key), seconds=seconds), default=(0, 0))

    def _count(self, key: str, *, seconds: int) -> tuple[int, int]:
        used, left = COUNT(self.client.get_client(write=True), keys=[key], args=[seconds])
        return used, left

    def _or(self, call: Callable[[], T], *, default: T) -> T:
        try:
            with SHARE.slot():
                return call()
        except EngineUnavailable:
            MISSED.inc()
        except redis.RedisError as error:
            MISSED.inc()
            logger.warning("cache_unavailable", reason=str(error))
            # The embedded server may have moved to another port.
            self._client = None
        return default
