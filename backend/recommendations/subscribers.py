"""Outbox subscribers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.recommendations import new_products


@dataclass(slots=True)
class NewProducts:
    """Finds the neighbours of products that the version that serves lacks."""

    clock: Callable[[], datetime]
    name: str = "new-products"
    topics: frozenset[Topic] = frozenset({Topic.PRODUCT})
    start: Start = Start.OLDEST
    quiet_seconds: float = 1
    batch_size: int = 500
    _adopted: str | None = field(default=None, init=False)

    def handle(self, notices: Sequence[Notice]) -> None:
        """Store the neighbours of the products; all rows follow when another version serves."""
        serving, now = new_products.serving_version(), self.clock()
        if serving != self._adopted:
            new_products.adopt(serving, now=now)
            self._adopted = serving
        new_products.update([int(notice.key) for notice in notices], version=serving, now=now)
