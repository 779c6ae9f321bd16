"""Serializers of endpoints, deliveries and event types."""

from typing import Any

from rest_framework import serializers

from backend.api.fields import Choice
from backend.api.parameters import Body, PageParameters
from backend.webhooks.documents import body_of
from backend.webhooks.event_types import EVENT_TYPES, PING
from backend.webhooks.models import (
    DeliveryAttempt,
    EndpointState,
    WebhookDelivery,
    WebhookDeliveryState,
    WebhookEndpoint,
)
from backend.webhooks.signatures import secret_of

_NAMES = [each.name for each in EVENT_TYPES]
_ENDPOINT = {
    "id": 1,
    "seller_id": None,
    "url": "https://erp.example/webhooks",
    "description": "Orders to the ERP",
    "event_types": ["order.confirmed", "order.cancelled"],
    "state": "ACTIVE",
    "state_reason": "",
    "failures": 0,
}


class WebhookEventTypeSerializer(serializers.Serializer[Any]):
    """A type of event that the caller's endpoints can choose."""

    EXAMPLE = {"name": "order.confirmed", "description": "An order is paid, or authorised."}

    name = serializers.CharField()
    description = serializers.CharField()


class WebhookEndpointInputSerializer(Body):
    """An endpoint to be created."""

    EXAMPLE = {
        "url": "https://erp.example/webhooks",
        "description": "Orders to the ERP",
        "event_types": ["order.confirmed", "order.cancelled"],
    }

    url = serializers.CharField(max_length=500)
    description = serializers.CharField(max_length=200, allow_blank=True, default="")
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=40), min_length=1, max_length=100
    )


class WebhookEndpointChangesSerializer(Body):
    """Changes to an endpoint; what is not named stays."""

    EXAMPLE = {
        "url": "https://erp.example/webhooks",
        "description": "Orders to the ERP",
        "event_types": ["order.confirmed"],
    }

    url = serializers.CharField(max_length=500, required=False)
    description = serializers.CharField(max_length=200, allow_blank=True, required=False)
    event_types = serializers.ListField(
        child=serializers.CharField(max_length=40), min_length=1, max_length=100, required=False
    )


class WebhookEndpointSerializer(serializers.ModelSerializer[WebhookEndpoint]):
    """An endpoint; `failures` counts the failed requests since the last one that was acknowledged."""

    EXAMPLE = _ENDPOINT

    seller_id = serializers.IntegerField(allow_null=True, read_only=True)
    event_types = serializers.ListField(child=serializers.CharField(), read_only=True)
    state = Choice(choices=EndpointState.choices, read_only=True)

    class Meta:
        model = WebhookEndpoint
        fields = [
            "id",
            "seller_id",
            "url",
            "description",
            "event_types",
            "state",
            "state_reason",
            "failures",
            "failing_since",
            "last_succeeded_at",
            "created_at",
            "updated_at",
        ]
        read_only_fields = fields


class WebhookEndpointWithSecretSerializer(WebhookEndpointSerializer):
    """An endpoint with its secret, which is shown only when it was made."""

    EXAMPLE = {**_ENDPOINT, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"}

    secret = serializers.SerializerMethodField()

    class Meta(WebhookEndpointSerializer.Meta):
        fields = [*WebhookEndpointSerializer.Meta.fields, "secret"]
        read_only_fields = fields

    def get_secret(self, row: WebhookEndpoint) -> str:
        """Return the secret."""
        return secret_of(row)


class WebhookDeliveryListParameters(PageParameters):
    """The parameters of a list of deliveries."""

    state = Choice(choices=WebhookDeliveryState.choices, required=False, help_text="The state.")
    type = Choice(choices=[*_NAMES, PING.name], required=False, help_text="The type of event.")


class WebhookDeliverySerializer(serializers.ModelSerializer[WebhookDelivery]):
    """An event for an endpoint; `status` is that of the last response."""

    EXAMPLE = {
        "id": 1,
        "webhook_id": "evt_01a221adddbf7705b33791dd08140e84",
        "type": "order.confirmed",
        "object": "order:VT-1",
        "state": "DELIVERED",
        "attempts": 1,
        "status": 200,
        "reason": "",
    }

    webhook_id = serializers.CharField(source="event.webhook_id", read_only=True)
    type = serializers.CharField(source="event.type", read_only=True)
    state = Choice(choices=WebhookDeliveryState.choices, read_only=True)

    class Meta:
        model = WebhookDelivery
        fields = [
            "id",
            "webhook_id",
            "type",
            "object",
            "state",
            "attempts",
            "status",
            "reason",
            "queued_at",
            "due_at",
            "finished_at",
        ]
        read_only_fields = fields


class WebhookAttemptSerializer(serializers.ModelSerializer[DeliveryAttempt]):
    """A request; `response_body` has the first 4 kB of the response."""

    EXAMPLE = {"duration_ms": 84, "status": 200, "error": "", "response_body": "ok"}

    class Meta:
        model = DeliveryAttempt
        fields = ["started_at", "duration_ms", "status", "error", "response_body"]
        read_only_fields = fields


class WebhookDeliveryDetailSerializer(WebhookDeliverySerializer):
    """A delivery with the document that is sent, and the requests so far."""

    EXAMPLE = {
        **WebhookDeliverySerializer.EXAMPLE,
        "request_body": '{"type":"order.confirmed"}',
    }

    request_body = serializers.SerializerMethodField()
    log = WebhookAttemptSerializer(many=True, read_only=True)

    class Meta(WebhookDeliverySerializer.Meta):
        fields = [*WebhookDeliverySerializer.Meta.fields, "request_body", "log"]
        read_only_fields = fields

    def get_request_body(self, row: WebhookDelivery) -> str:
        """Return the body of the requests."""
        return body_of(row.event).decode()


class WebhookReplayRequestSerializer(Body):
    """Which deliveries to replay: those of events that occurred from `since` until before `until`."""

    EXAMPLE = {"since": "2026-03-02T00:00:00Z", "until": "2026-03-03T00:00:00Z", "only_failed": True}

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    only_failed = serializers.BooleanField(default=True)


class WebhookReplayedSerializer(serializers.Serializer[Any]):
    """How many deliveries were queued."""

    EXAMPLE = {"replayed": 12}

    replayed = serializers.IntegerField()
