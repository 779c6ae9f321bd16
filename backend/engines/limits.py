"""Limits how many threads may wait for an engine, and how long they wait if it hangs."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from prometheus_client import Counter

from backend.engines.errors import EngineBusy, EngineSuspended

REFUSED = Counter("vitrine_engine_refused", "Calls refused without calling the engine", ["engine", "reason"])

logger = structlog.get_logger(__name__)

_POLL_SECONDS = 0.02


class Share:
    """A bounded number of slots for requests that wait for one engine.

    While calls begin and end, a request waits up to `patience_seconds` for a slot. If no call has begun or
    ended for `silent_seconds`, and for twice the time that the last successful call took, the engine is
    assumed to hang, and further requests are refused at once. A call that fails with one of `failures` (but
    none of `tolerated`) after `slow_seconds` or longer suspends the engine for `rest_seconds`; then a single
    request probes it. So an engine that hangs occupies its slots for the deadline of one call, and then at
    most one thread at a time; all other threads serve requests that don't need the engine.
    """

    def __init__(
        self,
        engine: str,
        *,
        slots: int,
        failures: tuple[type[Exception], ...] = (),
        tolerated: tuple[type[Exception], ...] = (),
        patience_seconds: float = 2.0,
        silent_seconds: float = 0.5,
        slow_seconds: float = 0.5,
        rest_seconds: float = 2.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Allow `slots` threads to call `engine` at the same time."""
        self.engine = engine
        self.slots = slots
        self.patience_seconds = patience_seconds
        self._failures = failures
        self._tolerated = tolerated
        self._silent = silent_seconds
        self._slow = slow_seconds
        self._rest = rest_seconds
        self._clock = clock
        self._free = threading.BoundedSemaphore(slots)
        self._lock = threading.Lock()
        self._active_at = clock()
        self._latest_seconds = 0.0
        self._suspended_until: float | None = None
        self._probing = False

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Occupy a slot for the duration of the block.

        Raises:
            EngineSuspended: the engine did not respond a moment ago.
            EngineBusy: no slot became free.
        """
        probe = self._enter()
        try:
            self._acquire()
        except EngineBusy:
            self._leave(probe)
            raise
        begun = self._clock()
        try:
            yield
        except self._failures as error:
            slow = probe or self._clock() - begun >= self._slow
            if slow and not isinstance(error, self._tolerated):
                self._suspend(error)
            raise
        else:
            self._suspended_until = None
            self._latest_seconds = self._clock() - begun
        finally:
            self._active_at = self._clock()
            self._free.release()
            self._leave(probe)

    def _enter(self) -> bool:
        """Return whether this call probes a suspended engine."""
        with self._lock:
            if self._suspended_until is None:
                return False
            if self._probing or self._clock() < self._suspended_until:
                raise self.suspended()
            self._probing = True
            return True

    def _leave(self, probe: bool) -> None:
        if probe:
            self._probing = False

    @property
    def is_suspended(self) -> bool:
        """Whether the engine did not respond a moment ago, so that one request at a time calls it."""
        return self._suspended_until is not None

    def busy(self) -> EngineBusy:
        """Count a request that is refused because too many wait for the engine; return the exception."""
        REFUSED.labels(self.engine, "busy").inc()
        return EngineBusy(engine=self.engine)

    def suspended(self) -> EngineSuspended:
        """Count a request that is refused because the engine is suspended; return the exception."""
        REFUSED.labels(self.engine, "suspended").inc()
        return EngineSuspended(engine=self.engine)

    def _acquire(self) -> None:
        started = self._clock()
        while not self._free.acquire(timeout=_POLL_SECONDS):
            now = self._clock()
            silent = max(self._silent, 2 * self._latest_seconds)
            if now - self._active_at >= silent or now - started >= self.patience_seconds:
                raise self.busy()
        self._active_at = self._clock()

    def _suspend(self, error: Exception) -> None:
        self._suspended_until = self._clock() + self._rest
        logger.warning("engine_suspended", engine=self.engine, seconds=self._rest, reason=str(error))
