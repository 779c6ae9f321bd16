"""The outbox subscriber that creates deliveries for facts."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backend.notifications.kinds import by_topic
from backend.notifications.services import collect
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic


@dataclass(frozen=True, slots=True)
class Deliveries:
    """Creates deliveries for facts; a Celery worker sends them.

    It starts at the head, so that facts from before it was switched on are not sent.
    """

    clock: Callable[[], datetime]

    name: ClassVar[str] = "notifications.deliveries"
    start: ClassVar[Start] = Start.HEAD
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 200

    @property
    def topics(self) -> frozenset[Topic]:
        """The topics of all kinds of messages."""
        return frozenset(by_topic())

    def handle(self, notices: Sequence[Notice]) -> None:
        """Add the facts to deliveries; facts that were added before are left out."""
        keys: dict[Topic, list[int]] = defaultdict(list)
        for notice in notices:
            keys[notice.topic].append(int(notice.key))
        kinds = by_topic()
        for topic, own in keys.items():
            collect(kinds[topic], own, now=self.clock())
