"""The outbox subscribers that create deliveries for facts."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backend.notifications.kinds import BY_TOPIC
from backend.notifications.live.events import TOPICS, events_of
from backend.notifications.live.feed import Feed
from backend.notifications.order_deliveries import add_deliveries
from backend.notifications.order_kinds import ORDER_KINDS
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
    topics: ClassVar[frozenset[Topic]] = frozenset(BY_TOPIC)
    start: ClassVar[Start] = Start.HEAD
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 200

    def handle(self, notices: Sequence[Notice]) -> None:
        """Add the facts to deliveries; facts that were added before are left out."""
        keys: dict[Topic, list[int]] = defaultdict(list)
        for notice in notices:
            keys[notice.topic].append(int(notice.key))
        for topic, own in keys.items():
            collect(BY_TOPIC[topic], own, now=self.clock())


@dataclass(frozen=True, slots=True)
class OrderDeliveries:
    """Creates deliveries for facts about orders.

    It has a cursor of its own, which starts at the head: an upgrade that adds these kinds sends no messages
    about what happened before.
    """

    clock: Callable[[], datetime]

    name: ClassVar[str] = "notifications.order_deliveries"
    topics: ClassVar[frozenset[Topic]] = frozenset(kind.topic for kind in ORDER_KINDS)
    start: ClassVar[Start] = Start.HEAD
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 200

    def handle(self, notices: Sequence[Notice]) -> None:
        """Add a delivery for each fact, in this order; facts that were added before are left out."""
        add_deliveries([(notice.topic, int(notice.key)) for notice in notices], now=self.clock())


@dataclass(frozen=True, slots=True)
class LiveEvents:
    """Appends what happened to the stream that web processes pass on to their connections.

    A call that is repeated appends its events again; clients use them as states, by their ids.
    """

    feed: Feed

    name: ClassVar[str] = "notifications.live"
    topics: ClassVar[frozenset[Topic]] = TOPICS
    start: ClassVar[Start] = Start.HEAD
    quiet_seconds: ClassVar[float] = 1.0
    batch_size: ClassVar[int] = 200

    def handle(self, notices: Sequence[Notice]) -> None:
        """Append the events; raises StreamUnavailable."""
        self.feed.append(events_of(notices))
