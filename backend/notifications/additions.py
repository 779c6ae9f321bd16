"""The kinds of messages that apps in higher layers add.

Every process registers them, and few send messages: so they are created when `kinds` is imported.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from backend.notifications.kinds import KindDefinition

_makers: list[Callable[[], KindDefinition]] = []


def register(make: Callable[[], KindDefinition]) -> None:
    """Add a kind, before the first message."""
    _makers.append(make)


def added() -> list[KindDefinition]:
    """Return the kinds that were registered."""
    return [make() for make in _makers]
