"""The relay: runs each subscriber in its own thread, so that none delays the others."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence

import structlog
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone

from backend.outbox.cursors import close_abandoned
from backend.outbox.errors import DrainTimeout
from backend.outbox.runner import SubscriberRunner
from backend.outbox.selectors import cursor_position, newest
from backend.outbox.subscribers import Subscriber

logger = structlog.get_logger(__name__)

POLL_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
REFRESH_SECONDS = 1.0
ABANDONED_SECONDS = 60.0
"""The time between checks for abandoned cursors."""


def process_name() -> str:
    """Return a globally unique name for this process."""
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def run_until_stopped(runner: SubscriberRunner, *, stopping: threading.Event) -> None:
    """Run steps until `stopping` is set; after failures, pause for increasing times."""
    pause = POLL_SECONDS
    while not stopping.is_set():
        succeeded = _try_steps(runner, stopping=stopping)
        pause = POLL_SECONDS if succeeded else min(pause * 2, LONGEST_PAUSE_SECONDS)
        stopping.wait(pause)
    runner.release()
    connection.close()


def _try_steps(runner: SubscriberRunner, *, stopping: threading.Event) -> bool:
    close_old_connections()
    try:
        while runner.step() and not stopping.is_set():
            pass
        runner.record_failure("")
    except Exception as error:
        logger.exception("subscriber_failed", subscriber=runner.subscriber.name)
        _record(runner, error)
        return False
    return True


def _record(runner: SubscriberRunner, error: Exception) -> None:
    try:
        runner.record_failure(f"{type(error).__name__}: {error}"[:500])
    except Exception:
        logger.exception("failure_not_recorded", subscriber=runner.subscriber.name)


class Relay:
    """Runs a thread for every subscriber in `subscribers()`, which is called again every second."""

    def __init__(self, subscribers: Callable[[], Sequence[Subscriber]]) -> None:
        """Create the relay; `run` starts the threads."""
        self._subscribers = subscribers
        self._owner = process_name()
        self._threads: dict[str, tuple[threading.Thread, threading.Event]] = {}
        self._next_abandoned_at = 0.0

    def run(self, stopping: threading.Event) -> None:
        """Run until `stopping` is set, then let every thread finish its step and release its lease."""
        while not stopping.is_set():
            self._refresh()
            stopping.wait(REFRESH_SECONDS)
        for name in list(self._threads):
            self._stop(name)

    def _refresh(self) -> None:
        close_old_connections()
        try:
            current = {subscriber.name: subscriber for subscriber in self._subscribers()}
        except Exception:
            # Running threads continue, and the next refresh gets the list again.
            logger.exception("subscribers_unknown")
            return
        for name in set(self._threads) - set(current):
            self._stop(name)
        for name, subscriber in current.items():
            if name not in self._threads or not self._threads[name][0].is_alive():
                self._start(subscriber)
        self._close_abandoned(set(current))

    def _close_abandoned(self, declared: set[str]) -> None:
        if time.monotonic() < self._next_abandoned_at:
            return
        self._next_abandoned_at = time.monotonic() + ABANDONED_SECONDS
        try:
            close_abandoned(declared, now=timezone.now())
        except DatabaseError:
            logger.exception("abandoned_cursors_unknown")

    def _start(self, subscriber: Subscriber) -> None:
        stop = threading.Event()
        runner = SubscriberRunner(subscriber, owner=self._owner)
        thread = threading.Thread(
            target=run_until_stopped,
            args=[runner],
            kwargs={"stopping": stop},
            name=subscriber.name,
            daemon=True,
        )
        thread.start()
        self._threads[subscriber.name] = (thread, stop)

    def _stop(self, name: str) -> None:
        thread, stop = self._threads.pop(name)
        stop.set()
        thread.join(timeout=30)


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
        DrainTimeout: it took more than `timeout` seconds.
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
