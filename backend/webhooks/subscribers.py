"""The outbox subscriber that makes events of facts."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from django.db import transaction

from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.webhooks.facts import READERS
from backend.webhooks.recording import NewEvent, record_events
from backend.webhooks.wanted import Wanted


@dataclass(frozen=True, slots=True)
class WebhookEvents:
    """Makes events and deliveries; a Celery worker sends them.

    It starts at the head, so that facts from before it was switched on are not sent.
    """

    clock: Callable[[], datetime]

    name: ClassVar[str] = "webhooks.events"
    topics: ClassVar[frozenset[Topic]] = frozenset(READERS)
    start: ClassVar[Start] = Start.HEAD
    # Of products and orders, whose states are compared with what was published.
    quiet_seconds: ClassVar[float] = 5.0
    batch_size: ClassVar[int] = 200

    def handle(self, notices: Sequence[Notice]) -> None:
        """Store the events of the notices in their order; those that are stored already are left out."""
        wanted = Wanted.read()
        if not wanted.by_type:
            return
        now = self.clock()
        # One transaction, because a reader stores what it compares products with.
        with transaction.atomic():
            record_events(_events(notices, wanted=wanted, now=now), wanted=wanted, now=now)


def _events(notices: Sequence[Notice], *, wanted: Wanted, now: datetime) -> list[NewEvent]:
    keys: dict[Topic, list[int]] = defaultdict(list)
    for notice in notices:
        keys[notice.topic].append(int(notice.key))
    found = {
        topic: READERS[topic].read(own, wanted, now)
        for topic, own in keys.items()
        if wanted.any_of(READERS[topic].prefixes)
    }
    return [event for notice in notices for event in found.get(notice.topic, {}).get(int(notice.key), ())]
