"""Waiting until every subscriber has handled what a command changed."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from backend.outbox.errors import NotCaughtUp
from backend.outbox.relay import drain


def catch_up(*, progress: Callable[[str], None] = lambda name: None, timeout: float = 600) -> None:
    """Let every subscriber handle all that is committed now, with the engines that they write to running.

    `progress` is called with each subscriber's name when it is done. A running relay does the work where it
    holds the lease; otherwise this process does.

    Raises:
        NotCaughtUp: an engine or a subscriber failed, or `timeout` seconds passed; the cause is chained.
    """
    try:
        with import_string(settings.OUTBOX_ENGINES)():
            drain(import_string(settings.OUTBOX_SUBSCRIBERS)(), timeout=timeout, progress=progress)
    except Exception as error:
        # Each engine has exceptions of its own, which the core doesn't know.
        raise NotCaughtUp(f"{type(error).__name__}: {error}") from error
