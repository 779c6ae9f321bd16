"""Waits until every subscriber has handled the changes that a command made."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from backend.outbox.errors import NotCaughtUp
from backend.outbox.relay import drain


def catch_up(*, progress: Callable[[str], None] = lambda name: None, timeout: float = 600) -> None:
    """Start the engines if necessary, and let every subscriber handle all messages that are committed now.

    `progress` is called with the name of each subscriber that is done. If a relay holds a subscriber's lease,
    this waits for the relay; otherwise this process does the work.

    Raises:
        NotCaughtUp: an engine or a subscriber failed, or `timeout` seconds passed; the cause is chained.
    """
    try:
        with import_string(settings.OUTBOX_ENGINES)():
            drain(import_string(settings.OUTBOX_SUBSCRIBERS)(), timeout=timeout, progress=progress)
    except Exception as error:
        # Each engine has its own exceptions, which the core can't import.
        raise NotCaughtUp(f"{type(error).__name__}: {error}") from error
