"""Changes to endpoints and deliveries; `sending` sends."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from backend.api.errors import InvalidInput
from backend.audit.actors import Actor
from backend.audit.services import record
from backend.webhooks.addresses import AddressPolicy
from backend.webhooks.errors import (
    AddressRefused,
    WebhookDeliveryFinished,
    WebhookDeliveryNotFound,
    WebhookDeliveryUnfinished,
    WebhookEndpointLimit,
    WebhookEndpointNotFound,
)
from backend.webhooks.event_types import PING, types_for
from backend.webhooks.models import (
    UNFINISHED,
    EndpointState,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEndpoint,
    WebhookEvent,
)
from backend.webhooks.recording import new_delivery
from backend.webhooks.signatures import rotate_secret, set_new_secret

LIMIT = 20
REPLAYED_AT_ONCE = 10_000


def create_endpoint(
    *, seller_id: int | None, url: str, description: str, event_types: Sequence[str], by: Actor, now: datetime
) -> WebhookEndpoint:
    """Create an endpoint of a seller, or of the shop (no seller), and return it.

    Raises:
        InvalidInput: the URL or an event type is not allowed.
        WebhookEndpointLimit: the owner has LIMIT endpoints.
    """
    row = WebhookEndpoint(
        seller_id=seller_id,
        url=_checked_url(url),
        description=description,
        event_types=_checked_types(event_types, is_seller=seller_id is not None),
        created_at=now,
        updated_at=now,
    )
    set_new_secret(row)
    with transaction.atomic():
        if WebhookEndpoint.objects.filter(seller=seller_id).count() >= LIMIT:
            raise WebhookEndpointLimit(limit=LIMIT)
        row.save()
        record("webhooks.endpoint_created", by=by, subject=row, changes={"url": ("", row.url)})
    return row


def update_endpoint(
    endpoint_id: int, *, changes: Mapping[str, Any], by: Actor, now: datetime
) -> WebhookEndpoint:
    """Change the URL, description or event types, and return the endpoint.

    Raises:
        WebhookEndpointNotFound, InvalidInput.
    """
    changes = dict(changes)
    with transaction.atomic():
        row = _locked(endpoint_id)
        if "url" in changes:
            changes["url"] = _checked_url(changes["url"])
        if "event_types" in changes:
            is_seller = row.seller_id is not None
            changes["event_types"] = _checked_types(changes["event_types"], is_seller=is_seller)
        before = {name: getattr(row, name) for name in changes}
        for name, value in changes.items():
            setattr(row, name, value)
        row.updated_at = now
        row.save(update_fields=[*changes, "updated_at"])
        written = {name: (before[name], value) for name, value in changes.items()}
        record("webhooks.endpoint_changed", by=by, subject=row, changes=written)
    return row


def delete_endpoint(endpoint_id: int, *, by: Actor) -> None:
    """Delete the endpoint with its deliveries; raises WebhookEndpointNotFound."""
    with transaction.atomic():
        row = _locked(endpoint_id)
        record("webhooks.endpoint_deleted", by=by, subject=row, changes={"url": (row.url, "")})
        row.delete()


def new_secret(endpoint_id: int, *, by: Actor, now: datetime) -> WebhookEndpoint:
    """Replace the secret, and return the endpoint; the one before signs for a day longer.

    Raises:
        WebhookEndpointNotFound: there is no such endpoint.
    """
    with transaction.atomic():
        row = _locked(endpoint_id)
        rotate_secret(row, now=now)
        row.save(
            update_fields=[
                "nonce",
                "key_fingerprint",
                "previous_nonce",
                "previous_key_fingerprint",
                "previous_until",
            ]
        )
        record("webhooks.signing_key_replaced", by=by, subject=row)
    return row


def pause(endpoint_id: int, *, by: Actor) -> WebhookEndpoint:
    """Stop sending; deliveries are still made, and wait. Raises WebhookEndpointNotFound."""
    return _set_state(endpoint_id, EndpointState.PAUSED, reason="Paused by hand.", by=by)


def resume(endpoint_id: int, *, by: Actor) -> WebhookEndpoint:
    """Send again, beginning with what waits; raises WebhookEndpointNotFound."""
    return _set_state(endpoint_id, EndpointState.ACTIVE, reason="", by=by)


def _set_state(endpoint_id: int, state: EndpointState, *, reason: str, by: Actor) -> WebhookEndpoint:
    with transaction.atomic():
        row = _locked(endpoint_id)
        before = row.state
        row.state, row.state_reason = state, reason
        row.failures, row.failing_since, row.not_before = 0, None, None
        row.save(update_fields=["state", "state_reason", "failures", "failing_since", "not_before"])
        record("webhooks.endpoint_state_changed", by=by, subject=row, changes={"state": (before, state)})
    return row


def ping(endpoint_id: int, *, by: Actor, now: datetime) -> WebhookDelivery:
    """Queue a test event for the endpoint, and return its delivery; raises WebhookEndpointNotFound."""
    with transaction.atomic():
        row = _locked(endpoint_id)
        event = WebhookEvent.objects.create(
            type=PING.name,
            source=f"ping:{uuid4().hex}",
            # Of its own, so that it waits for nothing.
            object=f"ping:{uuid4().hex}",
            seller_id=row.seller_id,
            data={"endpoint_id": row.pk},
            occurred_at=now,
            created_at=now,
        )
        delivery = new_delivery(event, endpoint=row, now=now)
        delivery.save()
        record("webhooks.ping_requested", by=by, subject=row)
    return delivery


def replay(delivery_id: int, *, by: Actor, now: datetime) -> WebhookDelivery:
    """Queue a finished delivery once more, with the same id of the event, and return it.

    Raises:
        WebhookDeliveryNotFound, WebhookDeliveryUnfinished.
    """
    with transaction.atomic():
        row = _locked_delivery(delivery_id)
        if row.state in UNFINISHED:
            raise WebhookDeliveryUnfinished(delivery=delivery_id, state=row.state)
        before = row.state
        WebhookDelivery.objects.filter(pk=row.pk).update(**_queued(now))
        record("webhooks.delivery_replayed", by=by, subject=row, changes={"state": (before, "PENDING")})
    row.refresh_from_db()
    return row


def replay_range(
    endpoint_id: int,
    *,
    since: datetime,
    until: datetime,
    only_failed: bool,
    by: Actor,
    now: datetime,
) -> int:
    """Queue finished deliveries of events that occurred in a range once more; return how many.

    At most REPLAYED_AT_ONCE are queued, the oldest first.

    Raises:
        WebhookEndpointNotFound: there is no such endpoint.
    """
    states = [WebhookDeliveryState.FAILED]
    if not only_failed:
        states.append(WebhookDeliveryState.DELIVERED)
    with transaction.atomic():
        row = _locked(endpoint_id)
        found = WebhookDelivery.objects.filter(
            endpoint=row, state__in=states, event__occurred_at__gte=since, event__occurred_at__lt=until
        )
        chosen = list(found.order_by("event").values_list("pk", flat=True)[:REPLAYED_AT_ONCE])
        for start in range(0, len(chosen), 500):
            part = chosen[start : start + 500]
            WebhookDelivery.objects.filter(pk__in=part, state__in=states).update(**_queued(now))
        record("webhooks.range_replayed", by=by, subject=row, changes={"count": (0, len(chosen))})
    return len(chosen)


def discard(delivery_id: int, *, by: Actor, now: datetime) -> WebhookDelivery:
    """Give up a delivery that waits, so that later ones of its object are sent, and return it.

    Raises:
        WebhookDeliveryNotFound, WebhookDeliveryFinished.
    """
    with transaction.atomic():
        row = _locked_delivery(delivery_id)
        if row.state != WebhookDeliveryState.PENDING:
            raise WebhookDeliveryFinished(delivery=delivery_id, state=row.state)
        row.state, row.finished_at, row.reason = WebhookDeliveryState.FAILED, now, "Discarded by hand."
        row.save(update_fields=["state", "finished_at", "reason"])
        record("webhooks.delivery_discarded", by=by, subject=row)
    return row


def _queued(now: datetime) -> dict[str, Any]:
    return {
        "state": WebhookDeliveryState.PENDING,
        "attempts": 0,
        "queued_at": now,
        "due_at": now,
        "claimed_at": None,
        "finished_at": None,
        "reason": "",
    }


def _locked(endpoint_id: int) -> WebhookEndpoint:
    row = WebhookEndpoint.objects.select_for_update(of=("self",)).filter(pk=endpoint_id).first()
    if row is None:
        raise WebhookEndpointNotFound(endpoint=endpoint_id)
    return row


def _locked_delivery(delivery_id: int) -> WebhookDelivery:
    row = WebhookDelivery.objects.select_for_update(of=("self",)).filter(pk=delivery_id).first()
    if row is None:
        raise WebhookDeliveryNotFound(delivery=delivery_id)
    return row


def _checked_url(url: str) -> str:
    try:
        AddressPolicy.from_settings().target_of(url)
    except AddressRefused as error:
        raise InvalidInput(url=f"The URL {error}.") from error
    return url


def _checked_types(event_types: Sequence[str], *, is_seller: bool) -> list[str]:
    allowed = types_for(is_seller=is_seller)
    if unknown := sorted(set(event_types) - set(allowed)):
        raise InvalidInput(event_types=f"Not among the types of this endpoint: {', '.join(unknown)}.")
    return [name for name in allowed if name in event_types]
