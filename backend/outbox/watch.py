"""Watches the outbox for all subscribers of a process, so that idle subscribers send no queries."""

from backend.outbox.selectors import Position, newest_settled, topics_after
from backend.outbox.topics import Topic

POLL_SECONDS = 0.2


class Watch:
    """Reports the topics of messages that became readable; while there are none, a call sends one query.

    Comparing the position of the newest readable message is enough, because no message appears before one
    that could be read (see `selectors`).
    """

    def __init__(self) -> None:
        """Report every topic at the first call."""
        self._seen: Position | None = None

    def new_topics(self) -> frozenset[str]:
        """Return the topics of the messages that became readable since the last call.

        If they can't be known, as after a dump was restored, return all topics.
        """
        newest = newest_settled()
        if newest == self._seen:
            return frozenset()
        seen, self._seen = self._seen, newest
        if seen is None or newest is None or newest < seen:
            return frozenset(Topic)
        return topics_after(seen)
