"""One subscriber's way along the outbox.

States of a change: *unread* (behind the read position) → *waiting* (read; held back while its key was
handled less than `quiet_seconds` ago) → *handled*. The durable cursor stands just before the oldest waiting
change, so that a crash reads the waiting ones again; handling twice is harmless, skipping is not possible.
The lease is a row with an owner and an end: only its holder works and moves the cursor, and a holder that
died is succeeded when the lease ends. No lock is held while the subscriber works.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from backend.outbox.models import Cursor
from backend.outbox.selectors import Position, head, messages_after
from backend.outbox.services import begin_anew_if_restored, open_cursor
from backend.outbox.subscribers import Change, Exclusive, Subscriber

LEASE = timedelta(seconds=15)
RENEW_BELOW = timedelta(seconds=10)
READ_SIZE = 5_000
LOOK_UP_SECONDS = 60.0


class Follower:
    """Works for `subscriber` as the process `owner`, a step at a time."""

    def __init__(
        self,
        subscriber: Subscriber,
        *,
        owner: str,
        clock: Callable[[], datetime] = timezone.now,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin without a lease; `clock` tells when leases end, `monotonic` counts seconds."""
        self.subscriber = subscriber
        self._owner = owner
        self._clock = clock
        self._monotonic = monotonic
        self._looks_up_at = monotonic()
        self._lease_until: datetime | None = None
        self._read = Position(0, 0)
        self._saved = Position(0, 0)
        self._waiting: dict[Change, Position] = {}
        self._handled_at: dict[Change, float] = {}
        self._opened = False
        self._noted: str | None = None

    def step(self) -> bool:
        """Read on, let the subscriber handle what is due, move the cursor; return whether anything was due.

        Whatever the subscriber raises passes through; the same changes are due again at the next step.
        """
        if not self._hold_lease():
            return False
        self._read_on()
        due = self._due()
        if due:
            self.subscriber.handle(due)
            handled_at = self._monotonic()
            for change in due:
                del self._waiting[change]
                self._handled_at[change] = handled_at
        self._save()
        return bool(due)

    @property
    def holds_lease(self) -> bool:
        """Whether this process was the subscriber's at the last step."""
        return self._lease_until is not None

    def note_failure(self, reason: str) -> None:
        """Keep why the last step failed where health checks see it; empty when it went well again.

        Only what happens to the holder of the lease counts, and what is known already is not written again.
        """
        if reason == self._noted:
            return
        mine = Cursor.objects.filter(subscriber=self.subscriber.name, lease_owner=self._owner)
        mine.update(failure=reason)
        self._noted = reason

    def release(self) -> None:
        """Give the lease back, so that another process need not wait for its end."""
        self._lose_lease()
        Cursor.objects.filter(subscriber=self.subscriber.name, lease_owner=self._owner).update(
            lease_owner="", lease_until=None
        )

    def _hold_lease(self) -> bool:
        now = self._clock()
        if self._lease_until is not None and self._lease_until - now > RENEW_BELOW:
            return True
        held_before = self._lease_until is not None and self._lease_until > now
        self._open_cursor()
        free = Q(lease_owner=self._owner) | Q(lease_until=None) | Q(lease_until__lt=now)
        rows = Cursor.objects.filter(free, subscriber=self.subscriber.name)
        if not rows.update(lease_owner=self._owner, lease_until=now + LEASE):
            if self._lease_until is not None:
                self._lose_lease()
            return False
        self._lease_until = now + LEASE
        if not held_before:
            self._resume()
        return True

    def _open_cursor(self) -> None:
        # Once: a cursor that somebody closed while it was followed is closed for good.
        if not self._opened:
            open_cursor(self.subscriber.name, at_head=False)
            self._opened = True

    def _lose_lease(self) -> None:
        if isinstance(self.subscriber, Exclusive):
            self.subscriber.let_go()
        self._lease_until = None

    def _resume(self) -> None:
        begin_anew_if_restored()
        cursor = Cursor.objects.get(subscriber=self.subscriber.name)
        self._read = self._saved = Position(cursor.xid, cursor.message_id)
        self._waiting.clear()
        self._noted = None

    def _read_on(self) -> None:
        if len(self._waiting) >= READ_SIZE:
            return
        horizon = self._horizon()
        messages = messages_after(self._read, topics=self.subscriber.topics, limit=READ_SIZE)
        for message in messages:
            self._waiting.setdefault(Change(message.topic, message.key), self._read)
            self._read = Position(message.xid, message.id)
        if horizon is not None and len(messages) < READ_SIZE:
            self._read = max(self._read, horizon)

    def _horizon(self) -> Position | None:
        """Return a place in front of which nothing of this subscriber's topics will be left after reading on.

        None at most times: it is asked for now and then, so that the cursor of a subscriber whose topics are
        quiet does not keep everybody's messages from being pruned.
        """
        now = self._monotonic()
        if now < self._looks_up_at:
            return None
        self._looks_up_at = now + LOOK_UP_SECONDS
        return head()

    def _due(self) -> list[Change]:
        quiet_since = self._monotonic() - self.subscriber.quiet_seconds
        self._handled_at = {change: at for change, at in self._handled_at.items() if at > quiet_since}
        ready = (change for change in self._waiting if change not in self._handled_at)
        return [change for change, _ in zip(ready, range(self.subscriber.batch_size), strict=False)]

    def _save(self) -> None:
        place = min(self._waiting.values(), default=self._read)
        if place == self._saved:
            return
        rows = Cursor.objects.filter(subscriber=self.subscriber.name, lease_owner=self._owner)
        if rows.update(xid=place.xid, message_id=place.message_id, moved_at=self._clock()):
            self._saved = place
        else:
            self._lose_lease()
