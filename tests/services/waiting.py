"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable


def wait_until(
    condition: Callable[[], bool],
    *,
    what: str = "the condition holds",
    seconds: float = 60.0,
    interval_seconds: float = 0.02,
) -> None:
    """Return once the condition holds.

    Raises:
        AssertionError: It doesn't hold within `seconds`; the message says `what` was waited for.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} seconds: {what}"
        time.sleep(interval_seconds)
