"""For commands that changed much: end only when everybody who hears of it has caught up."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from backend.outbox.relay import drain


class NotCaughtUp(Exception):
    """Somebody could not hear everything now; it stays in the outbox, and the relay goes on with it."""


def catch_up(*, progress: Callable[[str], None] = lambda name: None, timeout: float = 600) -> None:
    """Drive every subscriber past all that is committed now, with the services that they write to running.

    `progress` hears each subscriber's name when it is there. A running relay does the work where it holds
    the lease; where none runs, this process does.

    Raises:
        NotCaughtUp: a service or a subscriber failed, or `timeout` seconds went by; from what it raised.
    """
    try:
        with import_string(settings.OUTBOX_ENGINES)():
            drain(import_string(settings.OUTBOX_SUBSCRIBERS)(), timeout=timeout, progress=progress)
    except Exception as error:
        # Each engine has failures of its own, of which the core knows nothing.
        raise NotCaughtUp(f"{type(error).__name__}: {error}") from error
