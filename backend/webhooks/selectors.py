"""Queries of endpoints and deliveries.

A viewer sees their own as a seller, and all with the area `webhooks`.
"""

from django.db.models import Q, QuerySet

from backend.accounts.areas import StaffArea
from backend.accounts.models import User
from backend.webhooks.errors import WebhookDeliveryNotFound, WebhookEndpointNotFound
from backend.webhooks.models import WebhookDelivery, WebhookEndpoint


def endpoints_visible_to(viewer: User) -> QuerySet[WebhookEndpoint]:
    """Return the endpoints that the viewer may see and change, oldest first."""
    return WebhookEndpoint.objects.filter(_visible(viewer)).order_by("pk")


def _visible(viewer: User, *, path: str = "seller") -> Q:
    return Q() if viewer.has_area(StaffArea.WEBHOOKS) else Q((path, viewer.pk))


def endpoint_for(endpoint_id: int, *, viewer: User) -> WebhookEndpoint:
    """Return the endpoint; raises WebhookEndpointNotFound."""
    found = endpoints_visible_to(viewer).filter(pk=endpoint_id).first()
    if found is None:
        raise WebhookEndpointNotFound(endpoint=endpoint_id)
    return found


def deliveries_of(
    endpoint: WebhookEndpoint, *, state: str | None = None, event_type: str | None = None
) -> QuerySet[WebhookDelivery]:
    """Return the deliveries to the endpoint with their events, newest first."""
    rows = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("event")
    rows = rows if state is None else rows.filter(state=state)
    rows = rows if event_type is None else rows.filter(event__type=event_type)
    return rows.order_by("-event", "-pk")


def delivery_for(delivery_id: int, *, viewer: User) -> WebhookDelivery:
    """Return the delivery with its event and attempts (2 queries); raises WebhookDeliveryNotFound."""
    rows = WebhookDelivery.objects.filter(_visible(viewer, path="endpoint__seller"), pk=delivery_id)
    found = rows.select_related("event", "endpoint").prefetch_related("log").first()
    if found is None:
        raise WebhookDeliveryNotFound(delivery=delivery_id)
    return found
