"""How many of the process's threads may wait for one engine at a time."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from backend.engines.errors import EngineBusy


class Share:
    """A bounded number of slots for requests that wait for one engine.

    An engine that hangs then occupies this many threads and leaves the others to requests that don't need it.
    """

    def __init__(self, engine: str, *, slots: int) -> None:
        """Allow `slots` threads to use `engine` at the same time."""
        self.engine = engine
        self.slots = slots
        self._free = threading.BoundedSemaphore(slots)

    @contextmanager
    def slot(self) -> Iterator[None]:
        """Occupy a slot for the duration of the block.

        Raises:
            EngineBusy: all slots are occupied; nothing is waited for.
        """
        if not self._free.acquire(blocking=False):
            raise EngineBusy(engine=self.engine)
        try:
            yield
        finally:
            self._free.release()
