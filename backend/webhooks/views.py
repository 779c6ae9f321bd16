"""Endpoints of the API for webhooks: staff keep the shop's, sellers their own."""

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from backend.accounts.areas import StaffArea
from backend.accounts.authentication import account_of
from backend.accounts.permissions import SellerOrInArea
from backend.api.pagination import page_response, rows_of
from backend.api.parameters import PageParameters, parse, parse_body
from backend.api.responses import envelope
from backend.api.schema import envelope_of, operation, page_of
from backend.audit.actors import actor_of
from backend.catalog.serializers import DeletedSerializer
from backend.webhooks import selectors, services
from backend.webhooks.errors import (
    WebhookDeliveryFinished,
    WebhookDeliveryNotFound,
    WebhookDeliveryUnfinished,
    WebhookEndpointLimit,
    WebhookEndpointNotFound,
)
from backend.webhooks.event_types import EVENT_TYPES
from backend.webhooks.serializers import (
    WebhookDeliveryDetailSerializer,
    WebhookDeliveryListParameters,
    WebhookDeliverySerializer,
    WebhookEndpointChangesSerializer,
    WebhookEndpointInputSerializer,
    WebhookEndpointSerializer,
    WebhookEndpointWithSecretSerializer,
    WebhookEventTypeSerializer,
    WebhookReplayedSerializer,
    WebhookReplayRequestSerializer,
)

TAG = "webhooks"
PERMISSIONS = (SellerOrInArea(StaffArea.WEBHOOKS),)


def _scope_of(request: Request) -> int | None:
    """Return the owner of the endpoints that the caller makes: the shop for staff, else the seller."""
    user = account_of(request)
    return None if user.has_area(StaffArea.WEBHOOKS) else user.pk


class EventTypeListView(APIView):
    """The types of events."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_event_types_list", tag=TAG, response=envelope_of(WebhookEventTypeSerializer(many=True))
    )
    def get(self, request: Request) -> Response:
        """List the types of events that your endpoints can choose."""
        is_seller = _scope_of(request) is not None
        found = [each for each in EVENT_TYPES if each.for_sellers or not is_seller]
        return envelope(WebhookEventTypeSerializer(found, many=True).data)


class EndpointListView(APIView):
    """Endpoints."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_endpoints_list", tag=TAG, query=PageParameters, response=page_of(WebhookEndpointSerializer)
    )
    def get(self, request: Request) -> Response:
        """List your endpoints; staff see all."""
        parameters = parse(request, PageParameters)
        rows = selectors.endpoints_visible_to(account_of(request))
        return page_response(request, rows, parameters=parameters, shown=rows_of(WebhookEndpointSerializer))

    @operation(
        "webhook_endpoints_create",
        tag=TAG,
        request=WebhookEndpointInputSerializer,
        response=envelope_of(WebhookEndpointWithSecretSerializer),
        status=201,
        errors=[WebhookEndpointLimit],
    )
    def post(self, request: Request) -> Response:
        """Create an endpoint: of the shop for staff, otherwise your own.

        The secret is shown only now. It receives what happens from now on.
        """
        row = services.create_endpoint(
            seller_id=_scope_of(request),
            **parse_body(request, WebhookEndpointInputSerializer),
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(
            WebhookEndpointWithSecretSerializer(row).data, message="Endpoint created.", status=201
        )


class EndpointView(APIView):
    """An endpoint."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_endpoints_get",
        tag=TAG,
        response=envelope_of(WebhookEndpointSerializer),
        errors=[WebhookEndpointNotFound],
    )
    def get(self, request: Request, endpoint_id: int) -> Response:
        """Show an endpoint."""
        row = selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        return envelope(WebhookEndpointSerializer(row).data)

    @operation(
        "webhook_endpoints_update",
        tag=TAG,
        request=WebhookEndpointChangesSerializer,
        response=envelope_of(WebhookEndpointSerializer),
        errors=[WebhookEndpointNotFound],
    )
    def patch(self, request: Request, endpoint_id: int) -> Response:
        """Change an endpoint."""
        selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        row = services.update_endpoint(
            endpoint_id,
            changes=parse_body(request, WebhookEndpointChangesSerializer),
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope(WebhookEndpointSerializer(row).data, message="Endpoint changed.")

    @operation(
        "webhook_endpoints_delete",
        tag=TAG,
        response=envelope_of(DeletedSerializer),
        errors=[WebhookEndpointNotFound],
    )
    def delete(self, request: Request, endpoint_id: int) -> Response:
        """Delete an endpoint with its deliveries."""
        selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        services.delete_endpoint(endpoint_id, by=actor_of(request))
        return envelope({"id": endpoint_id}, message="Endpoint deleted.")


class SecretView(APIView):
    """The secret of an endpoint."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_endpoints_rotate_secret",
        tag=TAG,
        response=envelope_of(WebhookEndpointWithSecretSerializer),
        errors=[WebhookEndpointNotFound],
    )
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Replace the secret.

        The new one is shown only now. Requests have signatures of both for a day.
        """
        selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        row = services.new_secret(endpoint_id, by=actor_of(request), now=timezone.now())
        return envelope(WebhookEndpointWithSecretSerializer(row).data, message="Secret replaced.")


class PauseView(APIView):
    """Pausing an endpoint."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_endpoints_pause",
        tag=TAG,
        response=envelope_of(WebhookEndpointSerializer),
        errors=[WebhookEndpointNotFound],
    )
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Pause an endpoint.

        Deliveries wait, and are given up after three days.
        """
        selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        row = services.pause(endpoint_id, by=actor_of(request))
        return envelope(WebhookEndpointSerializer(row).data, message="Paused.")


class ResumeView(APIView):
    """Resuming an endpoint."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_endpoints_resume",
        tag=TAG,
        response=envelope_of(WebhookEndpointSerializer),
        errors=[WebhookEndpointNotFound],
    )
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Resume an endpoint that is paused, or that answered 410 Gone."""
        selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        row = services.resume(endpoint_id, by=actor_of(request))
        return envelope(WebhookEndpointSerializer(row).data, message="Resumed.")


class PingView(APIView):
    """A test of an endpoint."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_endpoints_ping",
        tag=TAG,
        response=envelope_of(WebhookDeliverySerializer),
        status=201,
        errors=[WebhookEndpointNotFound],
    )
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Send a test event.

        Its type is `endpoint.ping`. It is sent within seconds, and the delivery shows the outcome.
        """
        selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        row = services.ping(endpoint_id, by=actor_of(request), now=timezone.now())
        return envelope(WebhookDeliverySerializer(row).data, message="Queued.", status=201)


class EndpointDeliveriesView(APIView):
    """The log of an endpoint."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_deliveries_list",
        tag=TAG,
        query=WebhookDeliveryListParameters,
        response=page_of(WebhookDeliverySerializer),
        errors=[WebhookEndpointNotFound],
    )
    def get(self, request: Request, endpoint_id: int) -> Response:
        """List the deliveries to an endpoint, the newest event first."""
        parameters = parse(request, WebhookDeliveryListParameters)
        endpoint = selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        rows = selectors.deliveries_of(
            endpoint, state=parameters.get("state"), event_type=parameters.get("type")
        )
        return page_response(request, rows, parameters=parameters, shown=rows_of(WebhookDeliverySerializer))


class ReplayRangeView(APIView):
    """Replaying what happened in a time."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_endpoints_replay",
        tag=TAG,
        request=WebhookReplayRequestSerializer,
        response=envelope_of(WebhookReplayedSerializer),
        errors=[WebhookEndpointNotFound],
    )
    def post(self, request: Request, endpoint_id: int) -> Response:
        """Send the finished deliveries of a time again.

        Up to 10,000 are sent, the oldest first, with the same `webhook-id`.
        """
        selectors.endpoint_for(endpoint_id, viewer=account_of(request))
        count = services.replay_range(
            endpoint_id,
            **parse_body(request, WebhookReplayRequestSerializer),
            by=actor_of(request),
            now=timezone.now(),
        )
        return envelope({"replayed": count}, message="Queued.")


class DeliveryView(APIView):
    """A delivery."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_deliveries_get",
        tag=TAG,
        response=envelope_of(WebhookDeliveryDetailSerializer),
        errors=[WebhookDeliveryNotFound],
    )
    def get(self, request: Request, delivery_id: int) -> Response:
        """Show a delivery with its document, and with the requests and responses so far."""
        row = selectors.delivery_for(delivery_id, viewer=account_of(request))
        return envelope(WebhookDeliveryDetailSerializer(row).data)


class ReplayView(APIView):
    """Replaying a delivery."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_deliveries_replay",
        tag=TAG,
        response=envelope_of(WebhookDeliverySerializer),
        errors=[WebhookDeliveryNotFound, WebhookDeliveryUnfinished],
    )
    def post(self, request: Request, delivery_id: int) -> Response:
        """Send a finished delivery again, with the same `webhook-id`."""
        selectors.delivery_for(delivery_id, viewer=account_of(request))
        row = services.replay(delivery_id, by=actor_of(request), now=timezone.now())
        return envelope(WebhookDeliverySerializer(row).data, message="Queued.")


class DiscardView(APIView):
    """Discarding a delivery."""

    permission_classes = PERMISSIONS

    @operation(
        "webhook_deliveries_discard",
        tag=TAG,
        response=envelope_of(WebhookDeliverySerializer),
        errors=[WebhookDeliveryNotFound, WebhookDeliveryFinished],
    )
    def post(self, request: Request, delivery_id: int) -> Response:
        """Give up a delivery that waits, so that later events of its object are sent."""
        selectors.delivery_for(delivery_id, viewer=account_of(request))
        row = services.discard(delivery_id, by=actor_of(request), now=timezone.now())
        return envelope(WebhookDeliverySerializer(row).data, message="Discarded.")
