"""The steps of returns, which are published as facts."""

from collections.abc import Iterable
from datetime import datetime

from backend.orders.fulfilment_models import ReturnStatus, ReturnStep
from backend.outbox.services import publish
from backend.outbox.topics import Topic


def take_return_steps(return_ids: Iterable[int], *, to: ReturnStatus, now: datetime) -> None:
    """Store and publish that the returns took a status, in the transaction that sets it."""
    for return_id in return_ids:
        step = ReturnStep.objects.create(return_request_id=return_id, status=to, taken_at=now)
        publish(Topic.RETURN_STEP, step.pk)
