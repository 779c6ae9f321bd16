"""The products a shopper met last, kept in Redis by intake for the lists of the next minute."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from analytics_pipeline import embedded
from analytics_pipeline.settings import Settings
from analytics_pipeline.stream import StreamUnavailable

KEPT = 20
KEPT_FOR = timedelta(days=30)
_PREFIX = "vitrine:recent:"
# A page that waits longer for this is worse than one without it.
_TIMEOUT_SECONDS = 1

T = TypeVar("T")


class RecentProducts:
    """One sorted set a shopper, by time: to remember the same twice changes nothing.

    Every method raises StreamUnavailable.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._client: Any | None = None

    def remember(self, shopper_key: UUID, *, met: Mapping[int, datetime]) -> None:
        """Add products with the time at which they were met; only the latest KEPT stay."""
        if not met:
            return
        key = _key(shopper_key)

        def write(client: Any) -> None:
            with client.pipeline(transaction=True) as pipe:
                # A late event must not make a product older than it is.
                pipe.zadd(key, {str(product): moment.timestamp() for product, moment in met.items()}, gt=True)
                _bound(pipe, key)
                pipe.execute()

        self._call(write)

    def add_from(self, other_key: UUID, *, into: UUID) -> None:
        """Let what one key met count for another too, as when a guest logs in; the guest's own stays."""
        key = _key(into)

        def write(client: Any) -> None:
            with client.pipeline(transaction=True) as pipe:
                pipe.zunionstore(key, [key, _key(other_key)], aggregate="MAX")
                _bound(pipe, key)
                pipe.execute()

        self._call(write)

    def of(self, shopper_key: UUID) -> list[int]:
        """The shopper's last products, latest first."""
        found = self._call(lambda client: client.zrevrange(_key(shopper_key), 0, KEPT - 1))
        return [int(product) for product in found]

    def forget(self, shopper_key: UUID) -> None:
        """Drop everything about this shopper."""
        self._call(lambda client: client.delete(_key(shopper_key)))

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _call(self, use: Callable[[Any], T]) -> T:
        try:
            return use(self._connected())
        except redis.RedisError as error:
            # The embedded server may have moved to another port: look its address up again next time.
            self.close()
            raise StreamUnavailable(str(error)) from error

    def _connected(self) -> Any:
        if self._client is None:
            self._client = redis.Redis.from_url(
                embedded.redis_url(self.settings),
                socket_timeout=_TIMEOUT_SECONDS,
                socket_connect_timeout=_TIMEOUT_SECONDS,
                retry=Retry(NoBackoff(), retries=0),
            )
        return self._client


def _bound(pipe: Any, key: str) -> None:
    """Keep the latest products only, and those not for ever."""
    pipe.zremrangebyrank(key, 0, -KEPT - 1)
    pipe.expire(key, KEPT_FOR)


def _key(shopper_key: UUID) -> str:
    return f"{_PREFIX}{shopper_key}"
