"""The relay: runs each subscriber in its own thread, so that none delays the others."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence

import structlog
from django.db import Error, close_old_connections, connection
from django.utils import timezone

from backend.outbox.cursors import close_abandoned
from backend.outbox.errors import DrainTimeout
from backend.outbox.runner import SubscriberRunner
from backend.outbox.scheduling import publish_due
from backend.outbox.selectors import Position, cursor_position, newest, newest_settled, without_holder
from backend.outbox.subscribers import Subscriber
from backend.outbox.watch import POLL_SECONDS, Watch
from backend.outbox.worker import LONGEST_PAUSE_SECONDS, Worker

logger = structlog.get_logger(__name__)

REFRESH_SECONDS = 1.0
ABANDONED_SECONDS = 60.0
"""The time between checks for abandoned cursors."""


def process_name() -> str:
    """Return a globally unique name for this process."""
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


class Relay:
    """Runs a worker for every subscriber in `subscribers()`, which is called again every second.

    One thread publishes scheduled messages, polls the outbox for all workers and wakes those with new ones.
    If a wake-up is lost, the worker finds its messages when it renews its lease.
    """

    def __init__(self, subscribers: Callable[[], Sequence[Subscriber]]) -> None:
        """Create the relay; `run` starts the threads."""
        self._subscribers = subscribers
        self._owner = process_name()
        self._workers: dict[str, Worker] = {}
        self._next_abandoned_at = 0.0

    def run(self, stopping: threading.Event) -> None:
        """Run until `stopping` is set, then let every thread finish its step and release its lease."""
        watch = threading.Thread(target=self._watch, args=[stopping], name="watch", daemon=True)
        watch.start()
        while not stopping.is_set():
            self._refresh()
            stopping.wait(REFRESH_SECONDS)
        watch.join(timeout=30)
        for name in list(self._workers):
            self._stop(name)

    def _watch(self, stopping: threading.Event) -> None:
        watch, pause = Watch(), POLL_SECONDS
        while not stopping.wait(pause):
            try:
                self._wake_workers(watch)
                pause = POLL_SECONDS
            except Error:
                logger.exception("outbox_not_watched")
                connection.close()
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        connection.close()

    def _wake_workers(self, watch: Watch) -> None:
        publish_due(now=timezone.now())
        topics = watch.new_topics()
        workers = list(self._workers.values())
        for worker in workers:
            if worker.subscriber.topics & topics:
                worker.wake()
        standby = [worker for worker in workers if not worker.holds_lease]
        free = without_holder(now=timezone.now()) if standby else frozenset()
        for worker in standby:
            if worker.subscriber.name in free:
                worker.wake()

    def _refresh(self) -> None:
        close_old_connections()
        try:
            current = {subscriber.name: subscriber for subscriber in self._subscribers()}
        except Exception:
            # Running threads continue, and the next refresh gets the list again.
            logger.exception("subscribers_unknown")
            return
        for name in set(self._workers) - set(current):
            self._stop(name)
        for name, subscriber in current.items():
            if name not in self._workers or not self._workers[name].is_alive():
                self._start(subscriber)
        self._close_abandoned(set(current))

    def _close_abandoned(self, declared: set[str]) -> None:
        if time.monotonic() < self._next_abandoned_at:
            return
        self._next_abandoned_at = time.monotonic() + ABANDONED_SECONDS
        try:
            close_abandoned(declared, now=timezone.now())
        except Error:
            logger.exception("abandoned_cursors_unknown")

    def _start(self, subscriber: Subscriber) -> None:
        worker = Worker(SubscriberRunner(subscriber, owner=self._owner))
        # Listed before it starts, so that the watch wakes it for all messages after its first step.
        self._workers[subscriber.name] = worker
        worker.start()

    def _stop(self, name: str) -> None:
        self._workers.pop(name).stop()


def drain(
    subscribers: Sequence[Subscriber],
    *,
    timeout: float = 600,
    progress: Callable[[str], None] = lambda name: None,
) -> None:
    """Let every subscriber handle all messages that are committed now.

    If another process holds a subscriber's lease, wait for it. `progress` is called with the name of each
    subscriber that is done.

    Raises:
        DrainTimeout: it took more than `timeout` seconds, or the messages belong to the open transaction.
        Exception: a subscriber raised it.
    """
    deadline = time.monotonic() + timeout
    owner = process_name()
    for subscriber in subscribers:
        _drain_one(SubscriberRunner(subscriber, owner=owner), deadline=deadline)
        progress(subscriber.name)


def _drain_one(runner: SubscriberRunner, *, deadline: float) -> None:
    subscriber = runner.subscriber
    target = newest(subscriber.topics)
    if target is not None and connection.in_atomic_block and not _is_settled(target):
        raise DrainTimeout(f"{subscriber.name} can't read messages of the transaction that is open here")
    try:
        while target is not None:
            worked = runner.step()
            position = cursor_position(subscriber.name)
            if position is not None and position >= target:
                return
            if time.monotonic() > deadline:
                raise DrainTimeout(f"the cursor of {subscriber.name} is at {position}, before {target}")
            if not worked:
                time.sleep(POLL_SECONDS)
    finally:
        runner.release()


def _is_settled(position: Position) -> bool:
    newest = newest_settled()
    return newest is not None and newest >= position
