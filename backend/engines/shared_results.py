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

    future: Future[Result] = field(default_factory=Future)
    began_at: float | None = None


class SharedResults(Generic[Result]):
    """Gives the result of one run to all threads of the process that request it by the same key.

    What a result shows was read at most `seconds` before the result is requested. An exception is raised in
    all threads that wait for the run, and isn't kept. A thread waits for another one's run as long as it
    would wait for a slot of `share`, and then runs its own, so that an engine that hangs occupies no more
    threads than its slots. At most `most` results are kept, and only those that `keeps` accepts; the others
    are given to the threads that wait for them.
    """

    def __init__(
        self,
        share: Share,
        *,
        most: int,
        keeps: Callable[[Result], bool] = lambda _: True,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep no results yet."""
        self._share = share
        self._most = most
        self._keeps = keeps
        self._clock = clock
        self._lock = threading.Lock()
        # In the order in which they were requested.
        self._runs: dict[Hashable, _Run[Result]] = {}

    def result(self, key: Hashable, compute: Callable[[Begins], Result], *, seconds: float) -> Result:
        """Return the result of `compute`, or of another thread's for the same key, at most `seconds` old.

        `compute` calls its argument immediately before it begins to read. With 0 seconds it always runs.

        Raises whatever `compute` raises.
        """
        if seconds <= 0:
            return compute(lambda: None)
        with self._lock:
            run = self._usable(key, seconds=seconds)
            if own := run is None:
                run = self._runs[key] = _Run[Result]()
                self._forget_oldest(seconds=seconds)
        if own:
            self._compute(key, run, compute)
        elif not self._share.waits(lambda most: bool(wait([run.future], timeout=most).done)):
            return compute(lambda: None)
        SHARED.labels(self._share.engine, "own" if own else "shared").inc()
        return run.future.result()

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
