"""Runs actions concurrently, each with its own database connection, and kills them before a statement."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.db import connection

DEADLINE_SECONDS = 30.0


def together(*actions: Callable[[], object]) -> list[object]:
    """Run all actions at the same time; return what each returned or raised."""
    outcomes: list[object] = [None] * len(actions)
    start = threading.Barrier(len(actions))

    def act(index: int, action: Callable[[], object]) -> None:
        try:
            start.wait(DEADLINE_SECONDS)
            outcomes[index] = action()
        except Exception as error:  # noqa: BLE001 - what an action raised is its outcome
            outcomes[index] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=act, args=pair, daemon=True) for pair in enumerate(actions)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_SECONDS)
    assert not any(thread.is_alive() for thread in threads), (
        "an action didn't end: a deadlock, or a lock that was not released"
    )
    return outcomes


def kinds(outcomes: Sequence[object]) -> list[str]:
    """Return the outcomes' types by name, sorted."""
    return sorted(type(outcome).__name__ for outcome in outcomes)


class Killed(Exception):
    """A process was killed before a statement; on PostgreSQL its connection is closed."""


def killed_at(statement: int) -> Callable[..., Any]:
    """Return a wrapper that doesn't execute the statement with this number."""
    left = statement

    def execute(execute: Callable[..., Any], *arguments: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0:
            if connection.vendor == "postgresql":
                connection.connection.close()
            raise Killed
        return execute(*arguments)

    return execute
