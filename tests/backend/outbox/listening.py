"""Subscribers that keep what they hear, and clocks that are set by hand."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from backend.outbox.models import Message
from backend.outbox.selectors import settled
from backend.outbox.services import publish
from backend.outbox.subscribers import Change
from tests.backend.shop import NOW
from tests.backend.together import eventually


class Broken(Exception):
    """What a subscriber raises that can't do its work."""


@dataclass
class Listener:
    """Keeps every batch that it is given; `broken` makes it fail instead."""

    name: str = "listener"
    topics: frozenset[str] = frozenset({"product"})
    quiet_seconds: float = 0.0
    batch_size: int = 100
    broken: bool = False
    batches: list[list[str]] = field(default_factory=list)
    during: Callable[[], object] = lambda: None
    heard: threading.Event = field(default_factory=threading.Event)

    def handle(self, changes: Sequence[Change]) -> None:
        self.during()
        self.heard.set()
        if self.broken:
            raise Broken(self.name)
        self.batches.append([change.key for change in changes])

    @property
    def keys(self) -> list[str]:
        """Every key that was handled, in order."""
        return [key for batch in self.batches for key in batch]


@dataclass
class Clock:
    """A time of day and a count of seconds that only move by hand."""

    seconds: float = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


def say(*keys: int | str, topic: str = "product") -> None:
    """Publish each key in a transaction of its own, and wait until nobody can write in front of them."""
    for key in keys:
        say_at_once(key, topic=topic)
    eventually(lambda: settled().count() == Message.objects.count())


def say_at_once(key: int | str, *, topic: str = "product") -> None:
    """Publish the key; other writers of the database server may still hold it back."""
    with transaction.atomic():
        publish(topic, key)


def words(numbers: Iterable[int]) -> list[str]:
    return [str(number) for number in numbers]
