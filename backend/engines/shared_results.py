"""Results that several requests share, so that those which ask the same at once run it once."""

import threading
import time
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from prometheus_client import Counter

from backend.engines.limits import Share

SHARED = Counter("vitrine_shared_results", "Requests by the origin of their result", ["engine", "origin"])

Result = TypeVar("Result")
Begins = Callable[[], None]


@dataclass(slots=True)
class _Run(Generic[Result]):
    """A run that is under way or finished; `began_at` is the time from which on it reads, if it does yet."""

    requested_at: float
    future: Future[Result] = field(default_factory=Future)
    began_at: float | None = None


class SharedResults(Generic[Result]):
    """Gives the result of one run to all threads of the process that request it by the same key.

    What a result shows was read at most `seconds` before the result is requested. An exception is raised in
    all threads that wait for the run, and isn't kept. At most `most` results are kept, and only those that
    `keeps` accepts; the others are given to the threads that wait for them.

    A thread waits for another one's run until `longest` seconds after the run was requested, and is then
    refused. At most `waiting` threads wait, and none while the engine of `share` is suspended: so an engine
    that hangs occupies its slots and that many threads for the deadline of one call, and then one thread.
    """

    def __init__(
        self,
        share: Share,
        *,
        most: int,
        waiting: int,
        longest: Callable[[], float],
        keeps: Callable[[Result], bool] = lambda _: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep no results yet."""
        self._share = share
        self._most = most
        self._waiting = threading.BoundedSemaphore(waiting)
        self._longest = longest
        self._keeps = keeps
        self._clock = clock
        self._lock = threading.Lock()
        # In the order in which they were requested.
        self._runs: dict[Hashable, _Run[Result]] = {}

    def result(self, key: Hashable, compute: Callable[[Begins], Result], *, seconds: float) -> Result:
        """Return the result of `compute`, or of another thread's for the same key, at most `seconds` old.

        `compute` calls its argument immediately before it begins to read. With 0 seconds it always runs.

        Raises:
            EngineBusy: too many threads wait, or the other thread's run takes too long.
            EngineSuspended: the engine did not respond a moment ago, and another thread calls it again.

        It also raises whatever `compute` raises.
        """
        if seconds <= 0:
            return compute(lambda: None)
        with self._lock:
            run = self._usable(key, seconds=seconds)
            if own := run is None:
                run = self._runs[key] = _Run[Result](self._clock())
                self._forget_oldest(seconds=seconds)
        if own:
            self._compute(key, run, compute)
        else:
            self._wait(run)
        SHARED.labels(self._share.engine, "own" if own else "shared").inc()
        return run.future.result()

    def _wait(self, run: _Run[Result]) -> None:
        if run.future.done():
            return
        if self._share.is_suspended:
            raise self._share.suspended()
        if not self._waiting.acquire(blocking=False):
            raise self._share.busy()
        try:
            left = run.requested_at + self._longest() - self._clock()
            if not wait([run.future], timeout=max(0.0, left)).done:
                raise self._share.busy()
        finally:
            self._waiting.release()

    def _usable(self, key: Hashable, *, seconds: float) -> _Run[Result] | None:
        run = self._runs.get(key)
        if run is not None and self._is_expired(run, seconds=seconds):
            del self._runs[key]
            return None
        return run

    def _is_expired(self, run: _Run[Result], *, seconds: float) -> bool:
        return run.began_at is not None and self._clock() - run.began_at >= seconds

    def _forget_oldest(self, *, seconds: float) -> None:
        for key, run in list(self._runs.items()):
            if self._is_expired(run, seconds=seconds) or len(self._runs) > self._most:
                del self._runs[key]

    def _compute(self, key: Hashable, run: _Run[Result], compute: Callable[[Begins], Result]) -> None:
        def begins() -> None:
            run.began_at = self._clock()

        kept = False
        try:
            found = compute(begins)
            kept = self._keeps(found)
            run.future.set_result(found)
        except BaseException as error:  # noqa: BLE001 - raised again by `result`, in this thread as well
            run.future.set_exception(error)
        finally:
            if not kept:
                with self._lock:
                    if self._runs.get(key) is run:
                        del self._runs[key]
