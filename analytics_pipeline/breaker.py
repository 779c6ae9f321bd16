"""Refuses calls to a server that hangs."""

import threading
import time
from collections.abc import Callable


class Breaker:
    """Refuses calls after one timed out, so that a server that hangs occupies one thread at a time.

    Every `pause_seconds` one call may try again; the first that succeeds lets all calls through.
    """

    def __init__(self, *, pause_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._pause_seconds = pause_seconds
        self._clock = clock
        self._lock = threading.Lock()
        # The time of the next try while the server is presumed to hang; 0 while it responds.
        self._next_try = 0.0

    def allows(self) -> bool:
        """Return whether a call may be made now; the caller then reports the outcome."""
        if not self._next_try:
            return True
        with self._lock:
            now = self._clock()
            if now < self._next_try:
                return False
            self._next_try = now + self._pause_seconds
            return True

    def succeeded(self) -> None:
        """Let all calls through."""
        self._next_try = 0.0

    def timed_out(self) -> None:
        """Refuse calls for `pause_seconds`."""
        self._next_try = self._clock() + self._pause_seconds
