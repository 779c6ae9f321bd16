"""Waiting for a condition, with a deadline."""

import time
from collections.abc import Callable

LONGEST_PAUSE_SECONDS = 0.25


def wait_until(
    condition: Callable[[], bool],
    *,
    what: str = "the condition holds",
    seconds: float = 120.0,
    interval_seconds: float = 0.02,
) -> None:
    """Return once the condition holds.

    Pauses are at least `interval_seconds`, and a tenth of what was waited so far up to LONGEST_PAUSE_SECONDS and a
    fortieth of the deadline: asking all the time would take the processor time of what is waited for.

    Raises:
        AssertionError: It doesn't hold within `seconds`; the message says `what` was waited for.
    """
    begun, longest = time.monotonic(), min(seconds / 40, LONGEST_PAUSE_SECONDS)
    while not condition():
        waited = time.monotonic() - begun
        assert waited < seconds, f"not within {seconds:.0f} seconds: {what}"
        time.sleep(max(interval_seconds, min(waited / 10, longest)))
