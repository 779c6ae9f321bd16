"""A thread pool with a bounded queue."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from backend.config.errors import ResponseTooLate, ServerBusy

T = TypeVar("T")


class Threads:
    """Runs calls in at most `threads` threads, and lets at most `queue` further calls wait for one."""

    def __init__(
        self, name: str, *, threads: int, queue: int, wait_seconds: float, run_seconds: float
    ) -> None:
        """Create the pool; its threads start with the first calls."""
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._capacity = threads + queue
        self._pending = 0
        self._wait_seconds = wait_seconds
        self._run_seconds = run_seconds

    async def run(self, call: Callable[..., T], *arguments: object) -> T:
        """Return what `call` returns.

        Raises:
            ServerBusy: the queue is full, or no thread was free within `wait_seconds`.
            ResponseTooLate: the call started, but did not end within `run_seconds`.
        """
        if self._pending >= self._capacity:
            raise ServerBusy
        self._pending += 1
        try:
            return await self._run(call, *arguments)
        finally:
            self._pending -= 1

    async def _run(self, call: Callable[..., T], *arguments: object) -> T:
        future = self._executor.submit(call, *arguments)
        result = asyncio.wrap_future(future)
        done, _ = await asyncio.wait({result}, timeout=self._wait_seconds)
        if not done:
            if future.cancel():
                raise ServerBusy
            done, _ = await asyncio.wait({result}, timeout=self._run_seconds)
        if not done:
            # A thread can't be interrupted: the call continues, and its result is discarded.
            raise ResponseTooLate
        return result.result()
