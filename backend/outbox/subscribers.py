"""What a subscriber is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(frozen=True, slots=True)
class Change:
    """The thing of `topic` whose key is `key` changed since it was last handled."""

    topic: str
    key: str


class Subscriber(Protocol):
    """Hears topics, at least once and in commit order of a key's last change.

    `handle` reads the present state of what changed; it must be idempotent, holds no transaction across
    engines, and raises to be called again with the same changes. A key is not handled again sooner than
    `quiet_seconds` after the last time. At most `batch_size` changes come at once.
    """

    @property
    def name(self) -> str:
        """The durable name of its cursor."""

    @property
    def topics(self) -> frozenset[str]:
        """The topics that it hears."""

    @property
    def quiet_seconds(self) -> float:
        """The least time between two handlings of one key."""

    @property
    def batch_size(self) -> int:
        """The most changes that it takes at once."""

    def handle(self, changes: Sequence[Change]) -> None:
        """Carry the present state of what changed to where the subscriber keeps it."""


@runtime_checkable
class Exclusive(Protocol):
    """A subscriber that keeps something which only one process can have, such as a lock on files."""

    def let_go(self) -> None:
        """Give it up: the lease went back, and another process may work for the subscriber from now on."""
