"""The outbox subscriber of payment requests."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from backend.outbox.subscribers import Notice, Start
from backend.outbox.topics import Topic


@dataclass(frozen=True, slots=True)
class PaymentRequests:
    """Queues tasks that perform new requests; `request` queues the task for a request's id."""

    request: Callable[[str], None]
    name: ClassVar[str] = "payments.requests"
    topics: ClassVar[frozenset[Topic]] = frozenset({Topic.PAYMENT_REQUEST})
    start: ClassVar[Start] = Start.OLDEST
    quiet_seconds: ClassVar[float] = 0.0
    batch_size: ClassVar[int] = 100

    def handle(self, notices: Sequence[Notice]) -> None:
        """Queue a task for each request; a task that runs twice performs the request once."""
        for notice in notices:
            self.request(notice.key)
