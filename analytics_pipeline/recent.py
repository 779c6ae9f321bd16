"""Each shopper's most recent products and searches, which are kept in Redis."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from analytics_pipeline.redis_client import Connection
from analytics_pipeline.settings import PipelineSettings

KEPT = 20
KEPT_FOR = timedelta(days=30)
_PRODUCTS_PREFIX = "vitrine:recent:"
_SEARCHES_PREFIX = "vitrine:recent-searches:"
# Short, because a late page is worse than one without recent products.
_TIMEOUT_SECONDS = 1

KeyOf = Callable[[UUID], str]


class RecentSearch(NamedTuple):
    """A search of a shopper."""

    text: str
    searched_at: datetime


class _Recent:
    """One sorted set for each shopper, by time; only the latest KEPT stay, until KEPT_FOR after the last.

    Every method raises StreamUnavailable.
    """

    def __init__(self, settings: PipelineSettings, *, key_of: KeyOf) -> None:
        self._connection = Connection(settings, timeout_seconds=_TIMEOUT_SECONDS)
        self._key_of = key_of

    def add_from(self, other_key: UUID, *, into: UUID) -> None:
        """Copy what belongs to one key to another, when a guest logs in."""
        key = self._key_of(into)

        def write(client: Any) -> None:
            with client.pipeline(transaction=True) as pipe:
                pipe.zunionstore(key, [key, self._key_of(other_key)], aggregate="MAX")
                pipe.zremrangebyrank(key, 0, -KEPT - 1)
                pipe.expire(key, KEPT_FOR)
                pipe.execute()

        self._connection.call(write)

    def forget(self, shopper_key: UUID) -> None:
        """Delete everything of the shopper."""
        self._connection.call(lambda client: client.delete(self._key_of(shopper_key)))

    def close(self) -> None:
        """Close the connections; the next call opens new ones."""
        self._connection.close()

    def _latest(self, shopper_key: UUID) -> list[tuple[bytes, float]]:
        """Return the members with their times, latest first."""
        key = self._key_of(shopper_key)
        found: list[tuple[bytes, float]] = self._connection.call(
            lambda client: client.zrevrange(key, 0, KEPT - 1, withscores=True)
        )
        return found


class RecentProducts(_Recent):
    """The products that shoppers interacted with last. `Stream.append` adds to them."""

    def __init__(self, settings: PipelineSettings) -> None:
        super().__init__(settings, key_of=products_key)

    def of(self, shopper_key: UUID) -> list[int]:
        """Return the shopper's last products, latest first."""
        return [int(product) for product, _ in self._latest(shopper_key)]


class RecentSearches(_Recent):
    """The last searches of shoppers that found something. `Stream.append_search` adds to them."""

    def __init__(self, settings: PipelineSettings) -> None:
        super().__init__(settings, key_of=searches_key)

    def of(self, shopper_key: UUID) -> list[RecentSearch]:
        """Return the shopper's last searches, latest first."""
        return [
            RecentSearch(text.decode(), datetime.fromtimestamp(at, tz=UTC))
            for text, at in self._latest(shopper_key)
        ]

    def remove(self, shopper_key: UUID, *, text: str) -> None:
        """Delete one search of the shopper."""
        key = searches_key(shopper_key)
        self._connection.call(lambda client: client.zrem(key, search_text(text)))


def products_key(shopper_key: UUID) -> str:
    """Return the key of the shopper's products."""
    return f"{_PRODUCTS_PREFIX}{shopper_key}"


def searches_key(shopper_key: UUID) -> str:
    """Return the key of the shopper's searches."""
    return f"{_SEARCHES_PREFIX}{shopper_key}"


def search_text(text: str) -> str:
    """Return the text by which a search is kept: without case and superfluous spaces."""
    return " ".join(text.casefold().split())
