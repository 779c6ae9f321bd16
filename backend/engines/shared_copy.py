"""A copy of something in the database, which all threads of a process use."""

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import ClassVar, Generic, Protocol, TypeVar


class Checked(Protocol):
    """A copy, and when it was last compared with the database, by the clock of its owner."""

    @property
    def checked_at(self) -> float:
        """The time in seconds."""
        ...


Copy = TypeVar("Copy", bound=Checked)


class NotReadYet(Exception):
    """Nothing was read yet, and another thread that reads it takes too long."""


class SharedCopy(ABC, Generic[Copy]):
    """Compares the copy with the database every `check_seconds`, in one thread.

    Meanwhile the other threads use the copy as it is; they wait only for the first one, at most
    `wait_seconds` (without a limit if it is negative).
    """

    check_seconds: ClassVar[float]
    wait_seconds: ClassVar[float] = -1

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """Read nothing yet."""
        self._clock = clock
        self._lock = threading.Lock()
        self._copy: Copy | None = None

    def forget(self) -> None:
        """Read the copy again when it is next used."""
        self._copy = None

    def _newest(self) -> Copy:
        found = self._copy
        if found is not None and self._is_fresh(found, now=self._clock()):
            return found
        if not self._lock.acquire(timeout=self.wait_seconds if found is None else 0):
            if found is None:
                raise NotReadYet
            return found
        try:
            found, now = self._copy, self._clock()
            if found is None or not self._is_fresh(found, now=now):
                found = self._copy = self._checked(found, now=now)
            return found
        finally:
            self._lock.release()

    def _is_fresh(self, copy: Copy, *, now: float) -> bool:
        return now - copy.checked_at < self.check_seconds

    @abstractmethod
    def _checked(self, found: Copy | None, *, now: float) -> Copy:
        """Return the copy as it should be used from `now` on; `found` is None if there is none yet."""
