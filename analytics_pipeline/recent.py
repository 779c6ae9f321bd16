"""Each shopper's most recent products, which intake stores in Redis for recommendations."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from analytics_pipeline.redis_client import Connection
from analytics_pipeline.settings import PipelineSettings

KEPT = 20
KEPT_FOR = timedelta(days=30)
_PREFIX = "vitrine:recent:"
# Short, because a late page is worse than one without recent products.
_TIMEOUT_SECONDS = 1


class RecentProducts:
    """One sorted set for each shopper, by time. `Stream.append` adds to it; only the latest KEPT stay.

    Every method raises StreamUnavailable.
    """

    def __init__(self, settings: PipelineSettings) -> None:
        self._connection = Connection(settings, timeout_seconds=_TIMEOUT_SECONDS)

    def add_from(self, other_key: UUID, *, into: UUID) -> None:
        """Copy the products of one key to another, when a guest logs in."""
        key = products_key(into)

        def write(client: Any) -> None:
            with client.pipeline(transaction=True) as pipe:
                pipe.zunionstore(key, [key, products_key(other_key)], aggregate="MAX")
                _bound(pipe, key)
                pipe.execute()

        self._connection.call(write)

    def of(self, shopper_key: UUID) -> list[int]:
        """Return the shopper's last products, latest first."""
        found = self._connection.call(lambda client: client.zrevrange(products_key(shopper_key), 0, KEPT - 1))
        return [int(product) for product in found]

    def forget(self, shopper_key: UUID) -> None:
        """Delete the shopper's products."""
        self._connection.call(lambda client: client.delete(products_key(shopper_key)))

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._connection.close()


def _bound(pipe: Any, key: str) -> None:
    """Keep the latest products only, until KEPT_FOR after the last interaction."""
    pipe.zremrangebyrank(key, 0, -KEPT - 1)
    pipe.expire(key, KEPT_FOR)


def products_key(shopper_key: UUID) -> str:
    """Return the key of the shopper's sorted set."""
    return f"{_PREFIX}{shopper_key}"
