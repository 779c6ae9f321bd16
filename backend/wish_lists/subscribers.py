"""The subscriber of wish lists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.wish_lists.watching import tell


@dataclass(frozen=True, slots=True)
class Wishes:
    """Compares the wishes for changed products with their stock and prices."""

    clock: Callable[[], datetime]

    name: ClassVar[str] = "wish_lists.wishes"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.PRODUCT})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 200

    def handle(self, notices: Sequence[Notice]) -> None:
        """Publish what has become better."""
        tell([int(notice.key) for notice in notices], now=self.clock())
