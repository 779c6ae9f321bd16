"""Stores events, and makes the deliveries to the endpoints that want them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from backend.webhooks.models import WebhookDelivery, WebhookEndpoint, WebhookEvent
from backend.webhooks.wanted import Scope, Wanted

OLDEST = timedelta(days=3)
"""An older event is not made: what it was made from may have been deleted meanwhile."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to be stored; the fields are those of WebhookEvent."""

    type: str
    source: str
    object: str
    scope: Scope
    occurred_at: datetime
    data: Mapping[str, Any]

    @property
    def identity(self) -> tuple[str, str, Scope]:
        """What is unique among events."""
        return self.type, self.source, self.scope


def record_events(events: Sequence[NewEvent], *, wanted: Wanted, now: datetime) -> int:
    """Store the events that are not stored yet, with their deliveries; return how many deliveries were made.

    An endpoint gets only what happened after it was made.
    """
    receivers = {event.identity: _receivers(event, wanted=wanted, now=now) for event in events}
    chosen = {event.identity: event for event in events if receivers[event.identity]}
    if not chosen:
        return 0
    with transaction.atomic():
        known = _known(chosen.values())
        rows = [_row(event, now=now) for identity, event in chosen.items() if identity not in known]
        made = WebhookEvent.objects.bulk_create(rows)
        deliveries = [
            new_delivery(event, endpoint=endpoint, now=now)
            for event in made
            for endpoint in receivers[event.type, event.source, event.seller_id]
        ]
        WebhookDelivery.objects.bulk_create(deliveries, batch_size=1_000)
    return len(deliveries)


def new_delivery(event: WebhookEvent, *, endpoint: WebhookEndpoint, now: datetime) -> WebhookDelivery:
    """Return an unsaved delivery that is due."""
    return WebhookDelivery(endpoint=endpoint, event=event, object=event.object, queued_at=now, due_at=now)


def _receivers(event: NewEvent, *, wanted: Wanted, now: datetime) -> list[WebhookEndpoint]:
    if event.occurred_at < now - OLDEST:
        return []
    return [
        endpoint
        for endpoint in wanted.by_type.get(event.type, ())
        if endpoint.seller_id == event.scope and endpoint.created_at <= event.occurred_at
    ]


def _known(events: Iterable[NewEvent]) -> set[tuple[str, str, Scope]]:
    rows = WebhookEvent.objects.filter(source__in={event.source for event in events})
    return set(rows.values_list("type", "source", "seller"))


def _row(event: NewEvent, *, now: datetime) -> WebhookEvent:
    return WebhookEvent(
        type=event.type,
        source=event.source,
        object=event.object,
        seller_id=event.scope,
        data=dict(event.data),
        occurred_at=event.occurred_at,
        created_at=now,
    )
