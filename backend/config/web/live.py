"""Keeps the connections of server-sent events; a view has decided what each may watch."""

import asyncio
from dataclasses import dataclass

from backend.config.web.gateway import Response
from backend.config.web.protocol import Receive, Send
from backend.notifications.live.feed import Entry, written
from backend.notifications.live.grants import HEADER, Grant
from backend.notifications.live.hub import Hub, Subscription

_HEADER = HEADER.lower().encode()
_REPLACED = (b"content-type", b"content-length", b"cache-control", b"vary", _HEADER)
# X-Accel-Buffering lets nginx pass events on at once.
_HEADERS = [
    (b"Content-Type", b"text/event-stream; charset=utf-8"),
    (b"Cache-Control", b"no-store"),
    (b"Vary", b"Origin, Authorization"),
    (b"X-Accel-Buffering", b"no"),
]


@dataclass(frozen=True, slots=True)
class Live:
    """Streams events to clients; `heartbeat_seconds` is the longest silence."""

    hub: Hub
    heartbeat_seconds: float = 15.0
    send_seconds: float = 30.0

    async def open(self, response: Response) -> "Stream":
        """Return the stream that the view's response grants.

        Raises:
            TooManyConnections: the client or the process has too many.
            LiveUnavailable: Redis can't be reached.
        """
        grant = Grant.read(next(value for name, value in response.headers if name.lower() == _HEADER))
        subscription, first = await self.hub.subscribe(grant)
        kept = [(name, value) for name, value in response.headers if name.lower() not in _REPLACED]
        return Stream(self, subscription, first, [*kept, *_HEADERS])


@dataclass(frozen=True, slots=True)
class Stream:
    """One connection."""

    live: Live
    subscription: Subscription
    first: list[Entry]
    headers: list[tuple[bytes, bytes]]

    async def run(self, receive: Receive, send: Send) -> None:
        """Send events until the client disconnects, is too slow, or its session ends."""
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await send({"type": "http.response.start", "status": 200, "headers": self.headers})
            await self._send(send, b"".join(encoded(entry) for entry in self.first))
            while (part := await self._next(gone)) is not None:
                await self._send(send, part)
            await send({"type": "http.response.body", "body": b""})
        except (TimeoutError, OSError):
            # The client reads nothing; it catches up when it reconnects.
            return
        finally:
            self.live.hub.unsubscribe(self.subscription)
            gone.cancel()

    async def _next(self, gone: "asyncio.Task[None]") -> bytes | None:
        """Return what to send next, or None if the connection ends."""
        last = self.first[-1].id
        while True:
            waiting = asyncio.create_task(self.subscription.queue.get())
            done, _ = await asyncio.wait(
                {waiting, gone}, timeout=self.live.heartbeat_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if waiting not in done:
                waiting.cancel()
                return None if gone in done else self._heartbeat()
            entry = waiting.result()
            if entry is None:
                return None
            # What was appended while the client caught up was sent then.
            if entry.id > last:
                return encoded(entry)

    def _heartbeat(self) -> bytes:
        """Return an id without an event, so that a client that is told little misses little."""
        return f"id: {written(max(self.first[-1].id, self.live.hub.position))}\n\n".encode()

    async def _send(self, send: Send, body: bytes) -> None:
        async with asyncio.timeout(self.live.send_seconds):
            await send({"type": "http.response.body", "body": body, "more_body": True})


def is_granted(response: Response) -> bool:
    """Return whether the response is that of the view of live events."""
    return any(name.lower() == _HEADER for name, _ in response.headers)


def encoded(entry: Entry) -> bytes:
    """Return the event as the protocol of server-sent events has it; `data` is one line."""
    return f"id: {written(entry.id)}\nevent: {entry.name}\ndata: {entry.data}\n\n".encode()


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
