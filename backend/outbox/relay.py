"""The relay: a thread for each subscriber, so that a slow or dead one holds up nobody else."""

import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Sequence

import structlog
from django.db import close_old_connections, connection

from backend.outbox.follower import Follower
from backend.outbox.selectors import cursor_position, newest
from backend.outbox.subscribers import Subscriber

logger = structlog.get_logger(__name__)

POLL_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 10.0
ROLL_CALL_SECONDS = 1.0


class DrainTimeout(TimeoutError):
    """A subscriber did not reach the end in time; says which and why."""


def process_name() -> str:
    """Return a name for this process that no other has, now or later."""
    return f"{socket.gethostname()[:30]}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def follow(follower: Follower, *, stopping: threading.Event) -> None:
    """Step until `stopping`; after a failure pause, longer each time, and step again."""
    pause = POLL_SECONDS
    while not stopping.is_set():
        pause = (
            POLL_SECONDS if _try_steps(follower, stopping=stopping) else min(pause * 2, LONGEST_PAUSE_SECONDS)
        )
        stopping.wait(pause)
    follower.release()
    connection.close()


def _try_steps(follower: Follower, *, stopping: threading.Event) -> bool:
    close_old_connections()
    try:
        while follower.step() and not stopping.is_set():
            pass
        follower.note_failure("")
    except Exception as error:
        logger.exception("subscriber_failed", subscriber=follower.subscriber.name)
        _note(follower, error)
        return False
    return True


def _note(follower: Follower, error: Exception) -> None:
    try:
        follower.note_failure(f"{type(error).__name__}: {error}"[:500])
    except Exception:
        logger.exception("failure_not_noted", subscriber=follower.subscriber.name)


class Relay:
    """Runs a thread for every subscriber that `subscribers` names, asked again every second."""

    def __init__(self, subscribers: Callable[[], Sequence[Subscriber]]) -> None:
        """Begin with no thread."""
        self._subscribers = subscribers
        self._owner = process_name()
        self._threads: dict[str, tuple[threading.Thread, threading.Event]] = {}

    def run(self, stopping: threading.Event) -> None:
        """Work until `stopping` is set, then let every thread finish its step and give back its lease."""
        while not stopping.is_set():
            self._call_roll()
            stopping.wait(ROLL_CALL_SECONDS)
        for name in list(self._threads):
            self._dismiss(name)

    def _call_roll(self) -> None:
        close_old_connections()
        try:
            present = {subscriber.name: subscriber for subscriber in self._subscribers()}
        except Exception:
            # Whoever works goes on; who is missing or superfluous is asked again in a second.
            logger.exception("roll_call_failed")
            return
        for name in set(self._threads) - set(present):
            self._dismiss(name)
        for name, subscriber in present.items():
            if name not in self._threads or not self._threads[name][0].is_alive():
                self._engage(subscriber)

    def _engage(self, subscriber: Subscriber) -> None:
        stop = threading.Event()
        follower = Follower(subscriber, owner=self._owner)
        thread = threading.Thread(
            target=follow, args=[follower], kwargs={"stopping": stop}, name=subscriber.name, daemon=True
        )
        thread.start()
        self._threads[subscriber.name] = (thread, stop)

    def _dismiss(self, name: str) -> None:
        thread, stop = self._threads.pop(name)
        stop.set()
        thread.join(timeout=30)


def drain(
    subscribers: Sequence[Subscriber],
    *,
    timeout: float = 600,
    progress: Callable[[str], None] = lambda name: None,
) -> None:
    """Bring every subscriber past all messages that are committed now.

    A subscriber whose lease another process holds is waited for; `progress` hears each name when it is there.

    Raises:
        DrainTimeout: `timeout` seconds went by without it.
        Exception: whatever a subscriber raises.
    """
    deadline = time.monotonic() + timeout
    owner = process_name()
    for subscriber in subscribers:
        _drain_one(Follower(subscriber, owner=owner), deadline=deadline)
        progress(subscriber.name)


def _drain_one(follower: Follower, *, deadline: float) -> None:
    subscriber = follower.subscriber
    target = newest(subscriber.topics)
    try:
        while target is not None:
            worked = follower.step()
            place = cursor_position(subscriber.name)
            if place is not None and place >= target:
                return
            if time.monotonic() > deadline:
                raise DrainTimeout(f"{subscriber.name} stands at {place}, short of {target}")
            if not worked:
                time.sleep(POLL_SECONDS)
    finally:
        follower.release()
