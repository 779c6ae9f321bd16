"""The outbox subscriber that issues invoices and credit notes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from backend.audit.actors import Actor
from backend.invoices.services import ORDERS_AT_ONCE, issue
from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic

BY = Actor.system("invoices")


@dataclass(frozen=True, slots=True)
class InvoiceIssuing:
    """Issues what a changed order lacks: an invoice once it is confirmed, and credit notes afterwards."""

    clock: Callable[[], datetime]

    name: ClassVar[str] = "invoices.issuing"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.ORDER})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = ORDERS_AT_ONCE

    def handle(self, notices: Sequence[Notice]) -> None:
        """Issue the missing documents of the orders; a repetition issues nothing."""
        issue([int(notice.key) for notice in notices], by=BY, now=self.clock())
