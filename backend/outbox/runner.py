"""Runs one subscriber: reads the messages after its cursor, calls it, and moves the cursor.

States of a message: *unread* (after the read position) → *waiting* (read, not handled yet) → *handled*. A
message of a state topic waits if its key was handled less than `quiet_seconds` ago, and later messages with
the same key are coalesced with it. A message of a fact topic waits only for the messages before it.

The cursor is just before the oldest waiting message, so after a crash the waiting messages are read again: a
message may be handled twice, but is never skipped. The lease is an owner and an expiry in the cursor's row:
only its holder calls the subscriber and moves the cursor, and if the holder dies, another process takes over
when the lease expires. No database lock is held while the subscriber works. docs/decisions/outbox.md explains
why.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from backend.outbox.cursors import open_cursor, reopen_cursor
from backend.outbox.models import Cursor, Message
from backend.outbox.selectors import Position, before_all, cursor_position, head, messages_after
from backend.outbox.services import renumber_if_restored
from backend.outbox.subscribers import Exclusive, Notice, Subscriber
from backend.outbox.topics import BY_VALUE, Kind

LEASE = timedelta(seconds=15)
RENEW_BELOW = timedelta(seconds=10)
READ_SIZE = 5_000
RETRY_SECONDS = 5.0
"""How often a process tries to take a lease that it doesn't hold, unless it is woken earlier."""
HEAD_SECONDS = 60.0
"""How often the read position moves to the head if the subscriber's topics have no new messages."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A notice to deliver; `message_id` is 0 for state topics, whose messages are coalesced."""

    notice: Notice
    message_id: int

    @property
    def is_fact(self) -> bool:
        return self.message_id != 0


class SubscriberRunner:
    """Runs `subscriber` as the process `owner`, one step at a time."""

    def __init__(
        self,
        subscriber: Subscriber,
        *,
        owner: str,
        clock: Callable[[], datetime] = timezone.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Start without a lease; `clock` decides when leases expire, `monotonic` measures quiet periods."""
        self.subscriber = subscriber
        self._owner = owner
        self._clock = clock
        self._monotonic = monotonic
        self._next_head_at = monotonic()
        self._lease_until: datetime | None = None
        self._read = Position(0, 0)
        self._saved = Position(0, 0)
        self._waiting: dict[_Waiting, Position] = {}
        self._handled_at: dict[Notice, float] = {}
        self._opened = False
        self._recorded_failure: str | None = None

    def step(self) -> bool:
        """Read messages, deliver the notices that are due, and move the cursor; return whether any were due.

        Raises:
            Overtaken: messages were deleted before they were handled.
            Exception: the subscriber raised it; the same notices are due again in the next step.
        """
        if not self.hold_lease():
            return False
        self._read_on()
        due = self._due()
        if due:
            self.subscriber.handle([waiting.notice for waiting in due])
            handled_at = self._monotonic()
            for waiting in due:
                del self._waiting[waiting]
                if not waiting.is_fact:
                    self._handled_at[waiting.notice] = handled_at
        self._save()
        return bool(due)

    @property
    def holds_lease(self) -> bool:
        """Whether this process held the lease in the last step."""
        return self._lease_until is not None

    def idle_seconds(self) -> float:
        """Return the time until a step may have something to do although no message arrives.

        That is the end of a quiet period, the renewal of the lease, or the next move to the head.
        """
        if self._lease_until is None:
            return RETRY_SECONDS
        now = self._monotonic()
        renewal = (self._lease_until - self._clock() - RENEW_BELOW).total_seconds()
        quiet_ends = [
            self._handled_at[each.notice] + self.subscriber.quiet_seconds - now
            for each in self._waiting
            if each.notice in self._handled_at
        ]
        return max(0.0, min(renewal, self._next_head_at - now, *quiet_ends))

    def record_failure(self, reason: str) -> None:
        """Store why the last step failed, for health checks; an empty `reason` clears it.

        It is stored only by the holder of the lease, and only if it changed.
        """
        if reason == self._recorded_failure:
            return
        own = Cursor.objects.filter(subscriber=self.subscriber.name, lease_owner=self._owner)
        own.update(failure=reason)
        self._recorded_failure = reason

    def release(self) -> None:
        """Release the lease, so that another process need not wait until it expires."""
        self._lose_lease()
        Cursor.objects.filter(subscriber=self.subscriber.name, lease_owner=self._owner).update(
            lease_owner="", lease_until=self._clock()
        )

    def hold_lease(self) -> bool:
        """Take the lease, or renew it if it ends soon; return whether this process has it."""
        now = self._clock()
        if self._lease_until is not None and self._lease_until - now > RENEW_BELOW:
            return True
        held_before = self._lease_until is not None and self._lease_until > now
        self._open_cursor()
        free = Q(lease_owner__in=["", self._owner]) | Q(lease_until__lt=now)
        rows = Cursor.objects.filter(free, subscriber=self.subscriber.name)
        if not rows.update(lease_owner=self._owner, lease_until=now + LEASE):
            if self._lease_until is not None:
                self._lose_lease()
            return False
        if not held_before or self._cursor() != self._saved:
            self._resume()
        self._lease_until = now + LEASE
        return True

    def _open_cursor(self) -> None:
        # Only once, because a cursor that was closed while this process ran the subscriber must stay closed.
        if not self._opened:
            open_cursor(self.subscriber.name, start=self.subscriber.start)
            self._opened = True

    def _lose_lease(self) -> None:
        if isinstance(self.subscriber, Exclusive):
            self.subscriber.release()
        self._lease_until = None

    def _resume(self) -> None:
        renumber_if_restored()
        reopen_cursor(self.subscriber.name)
        self._read = self._saved = self._cursor()
        self._waiting.clear()
        self._recorded_failure = None

    def _cursor(self) -> Position:
        # It may differ from what this process saved, for example after restoring an older dump.
        position = cursor_position(self.subscriber.name)
        return before_all() if position is None else position

    def _read_on(self) -> None:
        if len(self._waiting) >= READ_SIZE:
            return
        next_head = self._head()
        messages = messages_after(self._read, topics=self.subscriber.topics, limit=READ_SIZE)
        for message in messages:
            self._waiting.setdefault(_waiting_of(message), self._read)
            self._read = Position(message.xid, message.id)
        if next_head is not None and len(messages) < READ_SIZE:
            self._read = max(self._read, next_head)

    def _head(self) -> Position | None:
        """Return the head once every `HEAD_SECONDS`, otherwise None.

        The head is read before the messages, so that reading covers all messages up to it. Otherwise the
        cursor of a subscriber whose topics have no messages would prevent pruning.
        """
        now = self._monotonic()
        if now < self._next_head_at:
            return None
        self._next_head_at = now + HEAD_SECONDS
        return head()

    def _due(self) -> list[_Waiting]:
        quiet_since = self._monotonic() - self.subscriber.quiet_seconds
        self._handled_at = {notice: at for notice, at in self._handled_at.items() if at > quiet_since}
        ready = (each for each in self._waiting if each.is_fact or each.notice not in self._handled_at)
        return [waiting for waiting, _ in zip(ready, range(self.subscriber.batch_size), strict=False)]

    def _save(self) -> None:
        position = min(self._waiting.values(), default=self._read)
        if position == self._saved:
            return
        rows = Cursor.objects.filter(subscriber=self.subscriber.name, lease_owner=self._owner)
        if rows.update(xid=position.xid, message_id=position.message_id, moved_at=self._clock()):
            self._saved = position
        else:
            self._lose_lease()


def _waiting_of(message: Message) -> _Waiting:
    topic = BY_VALUE[message.topic]
    return _Waiting(Notice(topic, message.key), message.id if topic.kind is Kind.FACT else 0)
