"""The client: queues events, and sends them in batches in a background thread."""

import atexit
import json
import logging
import os
import random
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from uuid import UUID
from weakref import WeakSet

from vitrine_events.event_types import EventType
from vitrine_events.ids import milliseconds_of, uuid7
from vitrine_events.queues import FileQueue, MemoryQueue, Queue, Queued, Shopper
from vitrine_events.transport import Answer, Transport

logger = logging.getLogger("vitrine_events")

OnRefused = Callable[[Mapping[str, Any], str], object]
# The shop refuses older events.
_WEEK_MS = 7 * 86_400_000
_LONGEST_WAIT = 300.0
_NOBODY = Shopper()


class Client:
    """Sends events to a shop's intake, such as `https://shop.example/api/events/`.

    Events wait in memory, or in the SQLite file `path`, which survives the end of the process; those with an
    access token always wait in memory. If there are more than `max_queue`, the oldest are dropped. A batch is
    sent when `batch_size` events wait, or the oldest one waited for `flush_seconds`. Events without an answer
    are sent again with the same ids, and the shop counts them once. `on_refused` gets each event that the
    shop refused, with the reason; without it, refused events are logged.

    Threads may share a client. A child process made with `os.fork` sends what it tracks itself. Call `close`
    at the end, or use it as a context manager; at the exit of the interpreter it is called otherwise.
    """

    def __init__(
        self,
        url: str,
        *,
        path: Path | str | None = None,
        batch_size: int = 100,
        flush_seconds: float = 1.0,
        max_queue: int = 10_000,
        timeout: float = 10.0,
        on_refused: OnRefused | None = None,
    ) -> None:
        self._url, self._timeout = url, timeout
        self._batch_size, self._flush_seconds = batch_size, flush_seconds
        self._on_refused = on_refused
        memory = MemoryQueue(limit=max_queue)
        self._volatile: Queue = memory
        self._queue: Queue = memory if path is None else FileQueue(Path(path), limit=max_queue)
        self.dropped = 0
        self.refused = 0
        self._closed = False
        self._left = 0
        self._begin()
        _CLIENTS.add(self)
        atexit.register(self.close)
        with self._changed:
            if len(self._queue):
                self._send_by(0.0)

    def _begin(self) -> None:
        """Set the state that belongs to one process."""
        self._changed = threading.Condition()
        self._transport = Transport(self._url, timeout=self._timeout)
        self._thread: threading.Thread | None = None
        self._failures = 0
        self._not_before = 0.0
        self._blocked: dict[Shopper, float] = {}
        self._due: float | None = None

    def after_fork(self) -> None:
        """Begin anew in a child process; what the parent queued in memory is the parent's."""
        self._begin()
        if not self._closed:
            for queue in self._queues:
                queue.after_fork()

    @property
    def _queues(self) -> Sequence[Queue]:
        return (self._queue,) if self._queue is self._volatile else (self._queue, self._volatile)

    @property
    def pending(self) -> int:
        """The number of queued events."""
        with self._changed:
            return self._left if self._closed else self._count()

    def _count(self) -> int:
        return sum(len(queue) for queue in self._queues)

    def track(
        self,
        kind: EventType,
        /,
        *,
        shopper: Shopper = _NOBODY,
        occurred_at: datetime | None = None,
        **fields: Any,
    ) -> UUID | None:
        """Queue an event of the shopper; return its id, or None if the shopper objects to tracking.

        `occurred_at` is now by default, and at most 7 days ago. The fields are those of docs/events.md.

        Raises:
            TypeError: a field can't be written as JSON.
            ValueError: a field is not a number, `occurred_at` has no time zone, or the client is closed.
        """
        if shopper.consent is False:
            return None
        event_id = uuid7(_milliseconds(occurred_at))
        event = {"type": kind, "event_id": str(event_id), **fields}
        payload = json.dumps(event, separators=(",", ":"), allow_nan=False, default=_text)
        with self._changed:
            if self._closed:
                raise ValueError("The client is closed.")
            queue = self._queue if shopper.token is None else self._volatile
            self.dropped += queue.put(Queued(str(event_id), shopper, payload))
            self._send_by(0.0 if len(queue) >= self._batch_size else time.monotonic() + self._flush_seconds)
        return event_id

    def _send_by(self, due: float) -> None:
        """Let the thread, which may have to be started, send at that time or before."""
        self._due = due if self._due is None else min(self._due, due)
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._run, name="vitrine-events", daemon=True)
            self._thread.start()
        self._changed.notify_all()

    def flush(self, timeout: float = 10.0) -> bool:
        """Send the queued events now, unless the shop asked to wait; return whether none is left."""
        with self._changed:
            if self._closed or not self._count():
                return not self._left
            self._send_by(0.0)
            return self._changed.wait_for(lambda: not self._count(), timeout)

    def close(self, timeout: float = 5.0) -> None:
        """Send the queued events for at most `timeout` seconds, and stop.

        Events that are left stay in the file, or are lost without one.
        """
        if self._closed:
            return
        self.flush(timeout)
        with self._changed:
            self._closed, self._left = True, self._count()
            lost = len(self._volatile)
            self.dropped += lost
            self._changed.notify_all()
            if self._thread is None:
                self._close_queues()
        if lost:
            logger.warning("%d events were not sent", lost)
        atexit.unregister(self.close)

    def _close_queues(self) -> None:
        for queue in self._queues:
            queue.close()

    def __enter__(self) -> Self:
        """Return the client."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the client."""
        self.close()

    def _run(self) -> None:
        while (items := self._next()) is not None:
            if items:
                self._send(items)
        with self._changed:
            self._close_queues()

    def _next(self) -> list[Queued] | None:
        """Wait until events are due; return a batch, empty if none is ready, or None after `close`."""
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                begin = None if self._due is None else max(self._due, self._not_before)
                if begin is not None and begin <= now:
                    return self._batch(now)
                self._changed.wait(None if begin is None else begin - now)
        return None

    def _batch(self, now: float) -> list[Queued]:
        """Return the next events; if there is none, let the thread wait."""
        self._blocked = {shopper: until for shopper, until in self._blocked.items() if until > now}
        for queue in self._queues:
            if items := queue.batch(lambda shopper: shopper not in self._blocked):
                return self._without_old(items, queue=queue)
        self._due = min(self._blocked.values(), default=None)
        self._changed.notify_all()
        return []

    def _without_old(self, items: list[Queued], *, queue: Queue) -> list[Queued]:
        oldest = time.time() * 1000 - _WEEK_MS
        old = [item.event_id for item in items if milliseconds_of(item.event_id) < oldest]
        if old:
            queue.remove(old)
            self.dropped += len(old)
        return [item for item in items if item.event_id not in old]

    def _send(self, items: Sequence[Queued]) -> bool:
        """Send the events of one shopper; return whether the shop decided about all of them."""
        answer = self._transport.post(items)
        match answer.status:
            case 202:
                self._failures = 0
                self._done(items, refused=answer.refused)
            case 400 | 413 if len(items) > 1:
                half = len(items) // 2
                return self._send(items[:half]) and self._send(items[half:])
            case 400 | 401 | 413:
                reason = f"status {answer.status} {answer.code}".rstrip()
                self._done(items, refused=dict.fromkeys(range(len(items)), reason))
            case _:
                self._wait(items[0].shopper, answer=answer)
                return False
        return True

    def _done(self, items: Sequence[Queued], *, refused: Mapping[int, str]) -> None:
        with self._changed:
            for queue in self._queues:
                queue.remove(item.event_id for item in items)
            self.refused += len(refused)
            self._changed.notify_all()
        for index, reason in refused.items():
            self._report(items[index], reason)

    def _report(self, item: Queued, reason: str) -> None:
        if self._on_refused is None:
            logger.warning("event %s was refused: %s", item.event_id, reason)
            return
        try:
            self._on_refused(json.loads(item.payload), reason)
        except Exception:
            logger.exception("on_refused failed")

    def _wait(self, shopper: Shopper, *, answer: Answer) -> None:
        """Send nothing for a while: of this shopper, if only this one has to wait, or else of all."""
        with self._changed:
            self._failures += 1
            seconds = answer.after or min(_LONGEST_WAIT, 0.25 * 2**self._failures)
            # Clients that failed together shouldn't come back together.
            until = time.monotonic() + seconds * random.uniform(1.0, 1.5)  # noqa: S311 - not a secret
            if answer.status == 429 and (shopper.token or answer.code == "too_many_new_guests"):
                self._blocked[shopper] = until
            else:
                self._not_before = until


_CLIENTS: WeakSet[Client] = WeakSet()


def _after_fork(clients: Iterable[Client] = _CLIENTS) -> None:
    for client in list(clients):
        client.after_fork()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


def _milliseconds(moment: datetime | None) -> int:
    if moment is None:
        return time.time_ns() // 1_000_000
    if moment.tzinfo is None:
        raise ValueError("occurred_at must have a time zone")
    return round(moment.timestamp() * 1000)


def _text(value: object) -> str:
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} can't be written as JSON")
