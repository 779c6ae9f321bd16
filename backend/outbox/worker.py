"""A thread for one subscriber."""

import threading

import structlog
from django.db import close_old_connections, connection

from backend.outbox.runner import SubscriberRunner

FIRST_PAUSE_SECONDS = 0.4
LONGEST_PAUSE_SECONDS = 10.0

logger = structlog.get_logger(__name__)


class Worker:
    """A thread that runs one subscriber when it is woken, or when its runner has work without a message."""

    def __init__(self, runner: SubscriberRunner) -> None:
        """Create the thread; `start` starts it."""
        self.subscriber = runner.subscriber
        self._runner = runner
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=runner.subscriber.name, daemon=True)
        self.start, self.is_alive = self._thread.start, self._thread.is_alive

    @property
    def holds_lease(self) -> bool:
        """Whether the runner held the lease in its last step."""
        return self._runner.holds_lease

    def wake(self) -> None:
        """Let the thread run steps, also if it is running one now."""
        self._wake.set()

    def stop(self) -> None:
        """Let the thread finish its step and release its lease."""
        self._stopping.set()
        self._wake.set()
        self._thread.join(timeout=30)

    def _run(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            # Before the steps, so that a message that becomes readable during the last one causes another.
            self._wake.clear()
            if self._stopping.is_set():
                break
            if self._try_steps():
                pause = FIRST_PAUSE_SECONDS
                self._wake.wait(self._runner.idle_seconds())
            else:
                self._stopping.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
        self._runner.release()
        connection.close()

    def _try_steps(self) -> bool:
        close_old_connections()
        try:
            while self._runner.step() and not self._stopping.is_set():
                pass
            self._runner.record_failure("")
        except Exception as error:
            logger.exception("subscriber_failed", subscriber=self.subscriber.name)
            self._record(error)
            return False
        return True

    def _record(self, error: Exception) -> None:
        try:
            self._runner.record_failure(f"{type(error).__name__}: {error}"[:500])
        except Exception:
            logger.exception("failure_not_recorded", subscriber=self.subscriber.name)
