"""One process's reader of the stream, which passes events on to its connections.

However many connections are open, a process has one blocking connection to Redis and one for catching up,
and none to the database.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog

from backend.notifications.live.errors import LiveUnavailable, TooManyConnections
from backend.notifications.live.feed import KEY, NO_ID, Entry, parsed, written
from backend.notifications.live.grants import Grant

logger = structlog.get_logger(__name__)

QUEUED = 256
"""A client that is further behind is disconnected; it reconnects and catches up."""
CATCH_UP = 1_000
"""A client that has missed more events of all clients gets `reset` instead."""
_BLOCK_MS = 5_000
_SOCKET_SECONDS = 10.0
_PAUSE_SECONDS = 1.0
RESET, READY = "reset", "ready"

SessionCheck = Callable[[Collection[str]], Awaitable[Collection[str]]]


@dataclass(eq=False)
class Subscription:
    """What one connection watches, and the events that wait to be sent; None ends the connection."""

    grant: Grant
    queue: "asyncio.Queue[Entry | None]" = field(default_factory=lambda: asyncio.Queue(QUEUED + 1))

    def put(self, entry: Entry) -> None:
        """Add an event, or end the connection if too many wait."""
        if self.queue.qsize() >= QUEUED:
            self.end()
        else:
            self.queue.put_nowait(entry)

    def end(self) -> None:
        """End the connection, after the event that is being sent."""
        while not self.queue.empty():
            self.queue.get_nowait()
        self.queue.put_nowait(None)


class Hub:
    """Reads the stream as long as there are connections.

    `url` returns the address of Redis; `ended` returns which of some sessions have ended. `position` is the
    id of the last event that was passed on.
    """

    def __init__(
        self,
        url: Callable[[], str],
        *,
        ended: SessionCheck,
        key: str = KEY,
        most: int = 500,
        most_of_client: int = 10,
        check_seconds: float = 10.0,
    ) -> None:
        """Prepare; nothing is connected yet."""
        self._url, self._ended, self._key = url, ended, key
        self._most, self._most_of_client, self._check_seconds = most, most_of_client, check_seconds
        self._by_target: defaultdict[str, set[Subscription]] = defaultdict(set)
        self._subscriptions: set[Subscription] = set()
        self._clients: Counter[str] = Counter()
        self._tasks: list[asyncio.Task[None]] = []
        self._catching_up: Any = None
        self._unused: list[Any] = []
        self._starting = asyncio.Lock()
        self.position = NO_ID

    async def subscribe(self, grant: Grant) -> tuple[Subscription, list[Entry]]:
        """Begin to pass events on; return the subscription, and what is to be sent first.

        Raises:
            TooManyConnections: the client or the process has too many.
            LiveUnavailable: Redis can't be reached.
        """
        if self._clients[grant.client] >= self._most_of_client or len(self._subscriptions) >= self._most:
            raise TooManyConnections
        subscription = Subscription(grant)
        self._add(subscription)
        try:
            # Passed on first, so that no event is between what is read now and what is passed on later.
            await self._start()
            first = await self._missed(grant)
        except BaseException as error:
            self.unsubscribe(subscription)
            if isinstance(error, OSError) or type(error).__module__.startswith("redis."):
                raise LiveUnavailable from error
            raise
        return subscription, first

    def unsubscribe(self, subscription: Subscription) -> None:
        """Stop to pass events on."""
        if subscription not in self._subscriptions:
            return
        self._subscriptions.discard(subscription)
        for target in subscription.grant.targets:
            self._by_target[target].discard(subscription)
            if not self._by_target[target]:
                del self._by_target[target]
        client = subscription.grant.client
        self._clients[client] -= 1
        if not self._clients[client]:
            del self._clients[client]
        if not self._subscriptions:
            self._stop()

    def _add(self, subscription: Subscription) -> None:
        self._subscriptions.add(subscription)
        self._clients[subscription.grant.client] += 1
        for target in subscription.grant.targets:
            self._by_target[target].add(subscription)

    async def _start(self) -> None:
        async with self._starting:
            if self._tasks:
                return
            rows = await self._reader().xrevrange(self._key, count=1)
            self.position = Entry.read(*rows[0]).id if rows else NO_ID
            self._tasks = [asyncio.create_task(self._read()), asyncio.create_task(self._check())]

    def _stop(self) -> None:
        if not self._tasks:
            return
        # The reader's task closes it, because closing takes a moment.
        self._unused.append(self._catching_up)
        self._catching_up = None
        for task in self._tasks:
            task.cancel()
        self._tasks = []

    def _client(self) -> Any:
        # Only web processes with a connection need the client.
        from redis import asyncio as redis  # noqa: PLC0415

        return redis.Redis.from_url(
            self._url(), socket_timeout=_SOCKET_SECONDS, socket_connect_timeout=1.0, protocol=2
        )

    def _reader(self) -> Any:
        """Return the client for what was missed."""
        self._catching_up = self._catching_up or self._client()
        return self._catching_up

    async def _missed(self, grant: Grant) -> list[Entry]:
        """Return `ready` or `reset` with the id of the newest event, after the events that were missed."""
        after = parsed(grant.after)
        async with self._reader().pipeline(transaction=True) as pipe:
            pipe.xrevrange(self._key, count=1)
            pipe.xrange(self._key, count=1)
            if after is not None:
                pipe.xrange(self._key, min="(" + written(after), count=CATCH_UP + 1)
            newest, oldest, *more = await pipe.execute()
        missed = more[0] if more else []
        last = Entry.read(*newest[0]).id if newest else NO_ID
        if not grant.after:
            return [Entry(last, "", READY, "{}")]
        first = Entry.read(*oldest[0]).id if oldest else NO_ID
        # Events before the oldest one are dropped, and Redis may have lost all.
        is_known = after is not None and first <= after <= last
        if not is_known or len(missed) > CATCH_UP:
            return [Entry(last, "", RESET, "{}")]
        entries = [Entry.read(*row) for row in missed]
        end = entries[-1].id if entries else last
        return [*(entry for entry in entries if entry.target in grant.targets), Entry(end, "", READY, "{}")]

    async def _read(self) -> None:
        client = self._client()
        try:
            while True:
                try:
                    found = await client.xread(
                        {self._key: written(self.position)}, block=_BLOCK_MS, count=500
                    )
                except Exception as error:  # noqa: BLE001 - logged, and tried again from the same position
                    logger.warning("live_events_unavailable", error=str(error))
                    await asyncio.sleep(_PAUSE_SECONDS)
                    await client.aclose()
                    client = self._client()
                    continue
                for _, rows in found or []:
                    for row in rows:
                        entry = Entry.read(*row)
                        self.position = entry.id
                        self._pass_on(entry)
        finally:
            for each in (client, *self._unused):
                with suppress(Exception):
                    await each.aclose()
            self._unused.clear()

    def _pass_on(self, entry: Entry) -> None:
        for subscription in list(self._by_target.get(entry.target, ())):
            subscription.put(entry)

    async def _check(self) -> None:
        """End the connections whose sessions have ended."""
        while True:
            await asyncio.sleep(self._check_seconds)
            sessions = {each.grant.session for each in self._subscriptions if each.grant.session}
            if not sessions:
                continue
            try:
                ended = set(await self._ended(sessions))
            except Exception:
                logger.exception("live_sessions_not_checked")
                continue
            for each in list(self._subscriptions):
                if each.grant.session in ended:
                    each.end()
