"""Outbox subscribers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from backend.outbox.models import Message
from backend.outbox.selectors import has_handled_before
from backend.outbox.subscribers import Notice, Start, Subscriber
from backend.outbox.topics import Topic
from backend.privacy.errors import WriterBehind
from backend.privacy.handlers import PersonalStore
from backend.privacy.services import confirm, keys_to_erase


@dataclass(frozen=True, slots=True)
class StoreErasure:
    """Erases shoppers in one store, and stores when that was done.

    Each store has a cursor of its own, so that a store that is not available delays only itself. `writers`
    are the subscribers that write rows of the database to the store: one that read its rows before the
    erasure must have stored them, so that they are erased too.
    """

    store: PersonalStore
    clock: Callable[[], datetime]
    writers: Sequence[Subscriber] = ()
    topics: frozenset[Topic] = frozenset({Topic.SHOPPER_ERASED})
    start: Start = Start.OLDEST
    quiet_seconds: float = 0
    batch_size: int = 1

    @property
    def name(self) -> str:
        """The name of its cursor."""
        return f"erasure-{self.store.name}"

    def handle(self, notices: Sequence[Notice]) -> None:
        """Erase the shoppers.

        Raises:
            WriterBehind: a writer may still store what it read before the erasure.
            Exception: the store is not available, or not ready yet.
        """
        for notice in notices:
            erasure_id = UUID(notice.key)
            keys = keys_to_erase(erasure_id, store=self.store.name)
            if keys is not None:
                if self.writers:
                    self._require_writers(notice)
                self.store.erase(keys, now=self.clock())
            confirm(erasure_id, store=self.store.name, now=self.clock())

    def _require_writers(self, notice: Notice) -> None:
        message = Message.objects.filter(topic=notice.topic, key=notice.key).latest("pk")
        behind = [writer.name for writer in self.writers if not has_handled_before(writer, message)]
        if behind:
            raise WriterBehind(", ".join(behind))
