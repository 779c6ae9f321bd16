"""The interface of a subscriber."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol, runtime_checkable

from backend.outbox.topics import Topic


@dataclass(frozen=True, slots=True)
class Notice:
    """What a subscriber receives: a message, or several coalesced messages of a state topic."""

    topic: Topic
    key: str


class Start(Enum):
    """Where a subscriber without a cursor starts to read."""

    OLDEST = auto()
    """At the oldest message that still exists; suits a projection."""

    HEAD = auto()
    """After the newest message; suits effects that an old message must not cause, such as sending mail."""


class Subscriber(Protocol):
    """Receives each message of its topics at least once, in commit order.

    Messages of a state topic with the same key are coalesced, and may be delayed by `quiet_seconds`; a key is
    always handled after its last change. Messages of a fact topic are neither coalesced nor delayed.

    `handle` must be idempotent and must not open a transaction that spans engines. If it raises, the same
    notices are delivered again, so a subscriber whose effects can't be undone or repeated needs a
    `batch_size` of 1. A call should end well within the lease (15 seconds); a longer one may overlap with
    another process's.
    """

    @property
    def name(self) -> str:
        """The name of its cursor, which must never change."""

    @property
    def topics(self) -> frozenset[Topic]:
        """The topics whose messages it receives."""

    @property
    def start(self) -> Start:
        """Where it starts if it has no cursor."""

    @property
    def quiet_seconds(self) -> float:
        """The minimum time between two notices with the same key of a state topic."""

    @property
    def batch_size(self) -> int:
        """The maximum number of notices in one call."""

    def handle(self, notices: Sequence[Notice]) -> None:
        """Process the notices."""


@runtime_checkable
class Exclusive(Protocol):
    """A subscriber that holds an exclusive resource, such as a file lock."""

    def release(self) -> None:
        """Release the resource, because the lease is lost and another process may run the subscriber."""
