"""For commands that changed much: end only when everybody who hears of it has caught up."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from backend.outbox.relay import drain


def catch_up(*, progress: Callable[[str], None] = lambda name: None, timeout: float = 600) -> None:
    """Drive every subscriber past all that is committed now, with the services that they write to running.

    `progress` hears each subscriber's name when it is there. A running relay does the work where it holds
    the lease; where none runs, this process does.

    Raises:
        DrainTimeout: `timeout` seconds went by without it.
        Exception: whatever a subscriber raises.
    """
    with import_string(settings.OUTBOX_ENGINES)():
        drain(import_string(settings.OUTBOX_SUBSCRIBERS)(), timeout=timeout, progress=progress)
