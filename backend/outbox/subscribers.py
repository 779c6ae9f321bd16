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
    """Where a subscriber that has no cursor yet begins to read."""

    OLDEST = auto()
    """At the oldest message that is kept: right for a projection."""

    HEAD = auto()
    """After the newest message: right where handling an old message would do harm, as with mail."""


class Subscriber(Protocol):
    """Receives each message of its topics at least once, in commit order.

    Messages of a state topic with the same key are coalesced, and `quiet_seconds` may delay them; then a key
    is handled after its last change. Messages of a fact topic are neither coalesced nor delayed.

    `handle` must be idempotent and opens no transaction that spans engines. When it raises, the same notices
    are delivered again, so one whose effects can't be undone or repeated takes a `batch_size` of 1. It should
    end well within the lease (15 seconds); a longer call may overlap with another process's.
    """

    @property
    def name(self) -> str:
        """The name of its cursor; never changes."""

    @property
    def topics(self) -> frozenset[Topic]:
        """The topics whose messages it receives."""

    @property
    def start(self) -> Start:
        """Where it begins when it has no cursor yet."""

    @property
    def quiet_seconds(self) -> float:
        """The minimum time between two notices of one key of a state topic."""

    @property
    def batch_size(self) -> int:
        """The maximum number of notices in one call."""

    def handle(self, notices: Sequence[Notice]) -> None:
        """Process the notices."""


@runtime_checkable
class Exclusive(Protocol):
    """A subscriber that holds a resource which only one process can hold, such as a lock on files."""

    def release(self) -> None:
        """Release the resource: the lease is lost, and another process may run the subscriber now."""
