"""Each shopper's most recent products and searches, and the views of the current session, kept in Redis."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from analytics_pipeline.redis_client import Connection
from analytics_pipeline.settings import PipelineSettings

KEPT = 20
KEPT_FOR = timedelta(days=30)
VIEWS_KEPT = 50
SESSION_GAP = timedelta(minutes=30)
"""Two views further apart belong to two sessions, as in `extracts/sessions.sql`."""
_PRODUCTS_PREFIX = "vitrine:recent:"
_SEARCHES_PREFIX = "vitrine:recent-searches:"
_SESSIONS_PREFIX = "vitrine:session:"
# Short, because a late page is worse than one without recent products.
_TIMEOUT_SECONDS = 1

KeyOf = Callable[[UUID], str]
Clock = Callable[[], float]
"""Returns the seconds since 1970."""


class RecentSearch(NamedTuple):
    """A search of a shopper."""

    text: str
    searched_at: datetime


class Activity(NamedTuple):
    """What a shopper did last: products, latest first, and the session's views in their order."""

    recent: list[int]
    session: list[int]


class _Recent:
    """One sorted set for each shopper, by time; only the latest `kept` stay, until `kept_for` after the last.

    Every method raises StreamUnavailable.
    """

    def __init__(
        self,
        settings: PipelineSettings,
        *,
        key_of: KeyOf,
        kept: int = KEPT,
        kept_for: timedelta = KEPT_FOR,
    ) -> None:
        self._connection = Connection(settings, timeout_seconds=_TIMEOUT_SECONDS)
        self._key_of = key_of
        self._kept = kept
        self._kept_for = kept_for

    def add_from(self, other_key: UUID, *, into: UUID) -> None:
        """Copy what belongs to one key to another, when a guest logs in."""
        key = self._key_of(into)

        def write(client: Any) -> None:
            with client.pipeline(transaction=True) as pipe:
                pipe.zunionstore(key, [key, self._key_of(other_key)], aggregate="MAX")
                pipe.zremrangebyrank(key, 0, -self._kept - 1)
                pipe.expire(key, self._kept_for)
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
            lambda client: client.zrevrange(key, 0, self._kept - 1, withscores=True)
        )
        return found


class RecentProducts(_Recent):
    """The products that shoppers interacted with last. `Stream.append` adds to them."""

    def __init__(self, settings: PipelineSettings, *, clock: Clock = time.time) -> None:
        super().__init__(settings, key_of=products_key)
        self._clock = clock

    def of(self, shopper_key: UUID) -> list[int]:
        """Return the shopper's last products, latest first."""
        return [int(product) for product, _ in self._latest(shopper_key)]

    def with_session(self, shopper_key: UUID) -> Activity:
        """Return the shopper's last products and the views of a session that goes on, in one round trip."""
        products, views = products_key(shopper_key), session_key(shopper_key)

        def read(client: Any) -> Any:
            with client.pipeline(transaction=False) as pipe:
                pipe.zrevrange(products, 0, KEPT - 1)
                pipe.zrevrange(views, 0, VIEWS_KEPT - 1, withscores=True)
                return pipe.execute()

        recent, latest = self._connection.call(read)
        return Activity([int(product) for product in recent], _session(latest, now=self._clock()))


class SessionViews(_Recent):
    """The products that shoppers viewed in their current sessions. `Stream.append` adds to them.

    A member is a view's id and its product, so a view that is sent again changes nothing.
    """

    def __init__(self, settings: PipelineSettings) -> None:
        super().__init__(settings, key_of=session_key, kept=VIEWS_KEPT, kept_for=SESSION_GAP)

    def of(self, shopper_key: UUID) -> list[int]:
        """Return the viewed products of the shopper's last session in their order, with repetitions."""
        return _session(self._latest(shopper_key))


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


def session_key(shopper_key: UUID) -> str:
    """Return the key of the views of the shopper's session."""
    return f"{_SESSIONS_PREFIX}{shopper_key}"


def view_member(event_id: UUID, *, product: int) -> str:
    """Return the member of a view. Ids of the same millisecond sort as they were made."""
    return f"{event_id.hex}:{product}"


def searches_key(shopper_key: UUID) -> str:
    """Return the key of the shopper's searches."""
    return f"{_SEARCHES_PREFIX}{shopper_key}"


def search_text(text: str) -> str:
    """Return the text by which a search is kept: without case and superfluous spaces."""
    return " ".join(text.casefold().split())


def _session(latest: Sequence[tuple[bytes, float]], *, now: float | None = None) -> list[int]:
    """Return the products of the last session in their order, from its members with times, latest first.

    With `now`, there are none if that session has ended: Redis keeps them until SESSION_GAP after the last
    insertion, which may be days after the view.
    """
    products: list[int] = []
    after = now
    for member, at in latest:
        if after is not None and after - at > SESSION_GAP.total_seconds():
            break
        products.append(int(member.partition(b":")[2]))
        after = at
    return products[::-1]
