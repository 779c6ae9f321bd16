"""Outbox subscribers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import structlog

from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic
from backend.recommendations import new_products
from ml.registry import VersionDamaged, VersionNotFound

logger = structlog.get_logger(__name__)


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
    _failed: bool = field(default=False, init=False)

    def handle(self, notices: Sequence[Notice]) -> None:
        """Store the neighbours of the products; all rows follow when another version serves.

        While the version's files can't be read, nothing is stored. Then all rows follow, so that no product
        is left out.
        """
        serving, now = new_products.serving_version(), self.clock()
        try:
            if serving != self._adopted or self._failed:
                new_products.adopt(serving, now=now)
                self._adopted, self._failed = serving, False
            new_products.update([int(notice.key) for notice in notices], version=serving, now=now)
        except (VersionDamaged, VersionNotFound) as error:
            self._failed = True
            logger.warning("new_products_not_stored", version=serving, reason=str(error))
