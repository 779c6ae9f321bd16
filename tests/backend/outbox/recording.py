"""A subscriber that records its notices, and clocks that tests control."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from backend.outbox.models import Message
from backend.outbox.selectors import settled
from backend.outbox.services import publish
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from tests.backend.shop import NOW
from tests.services.waiting import wait_until


class Broken(Exception):
    """Raised by a failing subscriber."""


@dataclass
class Recorder:
    """Records every batch; `broken` makes it fail instead."""

    name: str = "recorder"
    topics: frozenset[Topic] = frozenset({Topic.PRODUCT})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0.0
    batch_size: int = 100
    broken: bool = False
    batches: list[list[str]] = field(default_factory=list)
    during: Callable[[], object] = lambda: None
    called: threading.Event = field(default_factory=threading.Event)

    def handle(self, notices: Sequence[Notice]) -> None:
        self.during()
        self.called.set()
        if self.broken:
            raise Broken(self.name)
        self.batches.append([notice.key for notice in notices])

    @property
    def keys(self) -> list[str]:
        """Return all keys that were handled, in order."""
        return [key for batch in self.batches for key in batch]


@dataclass
class Clock:
    """A wall clock and a monotonic clock that only tests advance."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


def publish_settled(*keys: int | str, topic: Topic = Topic.PRODUCT) -> None:
    """Publish each key in a separate transaction, and wait until no message can precede them."""
    for key in keys:
        publish_alone(key, topic=topic)
    wait_until(lambda: settled().count() == Message.objects.count())


def publish_alone(key: int | str, *, topic: Topic = Topic.PRODUCT) -> None:
    """Publish the key in a separate transaction; other transactions on the server may delay it."""
    with transaction.atomic():
        publish(topic, key)


def texts(numbers: Iterable[int]) -> list[str]:
    return [str(number) for number in numbers]
