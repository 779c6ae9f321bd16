"""Queues of events that the shop has not accepted yet: in memory, or in a file that survives the process.

They aren't safe for threads: the client uses them with its lock.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

# The shop accepts 500 events and a megabyte in a request.
MAX_EVENTS = 500
MAX_BYTES = 500_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopper:
    """Whose events they are: a guest with a random id, an account with an access token, or unknown.

    `consent` is the shopper's choice about tracking; None if none was made, then the shop's setting decides.
    `user_agent` is the header User-Agent of the shopper's browser or app: it tells the shop the device, and
    whether it is a known bot.
    """

    anonymous_id: str | None = None
    token: str | None = field(default=None, repr=False)
    consent: bool | None = None
    user_agent: str | None = None


@dataclass(frozen=True, slots=True)
class Queued:
    """An event as JSON, with its id and its shopper."""

    event_id: str
    shopper: Shopper
    payload: str


class Queue(Protocol):
    """A bounded queue."""

    def put(self, item: Queued) -> int:
        """Add an event; return how many of the oldest were dropped for it."""

    def batch(self, is_ready: Callable[[Shopper], bool]) -> list[Queued]:
        """Return the oldest events of one ready shopper that fit into a request; empty if there is none."""

    def remove(self, ids: Iterable[str]) -> None:
        """Remove events, if they are still there."""

    def __len__(self) -> int:
        """Return the number of events."""

    def after_fork(self) -> None:
        """Leave the events of this process's parent to the parent."""

    def close(self) -> None:
        """Free what the queue holds."""


class MemoryQueue:
    """A queue in memory."""

    def __init__(self, *, limit: int) -> None:
        self._limit = limit
        self._items: dict[str, Queued] = {}

    def put(self, item: Queued) -> int:
        """Add an event; return how many of the oldest were dropped for it."""
        self._items[item.event_id] = item
        excess = list(self._items)[: len(self) - self._limit] if len(self) > self._limit else []
        self.remove(excess)
        return len(excess)

    def batch(self, is_ready: Callable[[Shopper], bool]) -> list[Queued]:
        """Return the oldest events of one ready shopper that fit into a request; empty if there is none."""
        first = next((each for each in self._items.values() if is_ready(each.shopper)), None)
        if first is None:
            return []
        return _fitting([each for each in self._items.values() if each.shopper == first.shopper])

    def remove(self, ids: Iterable[str]) -> None:
        """Remove events, if they are still there."""
        for event_id in ids:
            self._items.pop(event_id, None)

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self._items)

    def after_fork(self) -> None:
        """Leave the events of this process's parent to the parent."""
        self._items = {}

    def close(self) -> None:
        """Forget the events."""
        self._items = {}


class FileQueue:
    """A queue in an SQLite file, which the next process with the same file sends.

    A commit survives the process, but perhaps not the loss of power. Access tokens are never written, so
    events with one don't belong into this queue.
    """

    _inherited: list[sqlite3.Connection] = []

    def __init__(self, path: Path, *, limit: int) -> None:
        self._path, self._limit = path, limit
        # Events are personal data: only this user may read the file.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._database = self._opened()

    def _opened(self) -> sqlite3.Connection:
        database = sqlite3.connect(self._path, timeout=30, isolation_level=None, check_same_thread=False)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=NORMAL")
        database.execute(
            "CREATE TABLE IF NOT EXISTS queue (event_id TEXT PRIMARY KEY, anonymous_id TEXT, consent INTEGER,"
            " user_agent TEXT, payload TEXT NOT NULL)"
        )
        return database

    def put(self, item: Queued) -> int:
        """Add an event; return how many of the oldest were dropped for it."""
        shopper = item.shopper
        row = (item.event_id, shopper.anonymous_id, shopper.consent, shopper.user_agent, item.payload)
        self._database.execute("INSERT INTO queue VALUES (?, ?, ?, ?, ?)", row)
        excess = len(self) - self._limit
        if excess <= 0:
            return 0
        self._database.execute(
            "DELETE FROM queue WHERE event_id IN (SELECT event_id FROM queue ORDER BY rowid LIMIT ?)",
            [excess],
        )
        return excess

    def batch(self, is_ready: Callable[[Shopper], bool]) -> list[Queued]:
        """Return the oldest events of one ready shopper that fit into a request; empty if there is none."""
        shoppers = self._database.execute(
            "SELECT anonymous_id, consent, user_agent FROM queue GROUP BY 1, 2, 3 ORDER BY min(rowid)"
        )
        for anonymous_id, consent, agent in shoppers:
            choice = None if consent is None else bool(consent)
            shopper = Shopper(anonymous_id=anonymous_id, consent=choice, user_agent=agent)
            if is_ready(shopper):
                return _fitting(self._oldest(shopper))
        return []

    def _oldest(self, shopper: Shopper) -> list[Queued]:
        rows = self._database.execute(
            "SELECT event_id, payload FROM queue WHERE anonymous_id IS ? AND consent IS ? AND user_agent IS ?"
            " ORDER BY rowid LIMIT ?",
            (shopper.anonymous_id, shopper.consent, shopper.user_agent, MAX_EVENTS),
        )
        return [Queued(event_id, shopper, payload) for event_id, payload in rows]

    def remove(self, ids: Iterable[str]) -> None:
        """Remove events, if they are still there."""
        self._database.execute(
            "DELETE FROM queue WHERE event_id IN (SELECT value FROM json_each(?))", [json.dumps(list(ids))]
        )

    def __len__(self) -> int:
        """Return the number of events."""
        return int(self._database.execute("SELECT count(*) FROM queue").fetchone()[0])

    def after_fork(self) -> None:
        """Use the file with a new connection; the inherited one must be neither used nor closed."""
        self._inherited.append(self._database)
        self._database = self._opened()

    def close(self) -> None:
        """Close the file."""
        self._database.close()


def _fitting(items: Sequence[Queued]) -> list[Queued]:
    """Return the first items that fit into a request, at least one."""
    size = 0
    chosen: list[Queued] = []
    for item in items[:MAX_EVENTS]:
        size += len(item.payload) + 1
        if chosen and size > MAX_BYTES:
            break
        chosen.append(item)
    return chosen
